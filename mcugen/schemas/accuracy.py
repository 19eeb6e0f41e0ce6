"""What `mcugen accuracy` prints."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType, field

from mcugen.schemas.explanation import InputQuality, Values, Vectors
from mcugen.schemas.record import Count, Names, Record, Share, doc


class ClassAccuracy(Record, frozen=True):
    """The images of one class."""

    class_: Annotated[Count, doc("its number")] = field(name="class")
    label: Annotated[str, doc('its name, "" where the model does not say')]
    images: Count
    correct: Count


class ObjectAccuracy(Record, frozen=True):
    """Objects that were found: a centroid in a box of its class is right, each box for one of them."""

    label: Annotated[str, doc('of the class; "" for all of them')]
    objects: Annotated[Count, doc("that are there")]
    found: Annotated[Count, doc("of those")]
    wrong: Annotated[Count, doc("found where there is none")]
    precision: Share
    recall: Share
    f1: Share


class AccuracyOutput(Record, frozen=True):
    """Top-1 accuracy of a model on a data set, or what else it tells: objects, a vector, numbers."""

    model: Annotated[str, doc("the file's name")]
    data: Annotated[str, doc("the data set's name")]
    images: Count
    of: Annotated[Count, doc("test images that the data set has")]
    skipped: Annotated[Names, doc("files that could not be read")]
    correct: Annotated[Count | None, doc("null but of classifiers")]
    top1: Annotated[Share | None, doc("null but of classifiers")]
    input: InputQuality
    classes: Annotated[tuple[ClassAccuracy, ...], doc("those that the data set has images of; none but of classifiers")]
    objects: Annotated[tuple[ObjectAccuracy, ...] | UnsetType, doc("with --detect alone: all, then by class")] = UNSET
    vectors: Vectors = UNSET
    values: Values = UNSET
