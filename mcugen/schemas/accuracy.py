"""What `mcugen accuracy` prints."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from mcugen.schemas.explanation import InputQuality
from mcugen.schemas.record import Count, Names, Record, Share, doc


class ClassAccuracy(Record, frozen=True):
    """The images of one class."""

    class_: Annotated[Count, doc("its number")] = field(name="class")
    label: Annotated[str, doc('its name, "" where the model does not say')]
    images: Count
    correct: Count


class AccuracyOutput(Record, frozen=True):
    """Top-1 accuracy of a model on a data set."""

    model: Annotated[str, doc("the file's name")]
    data: Annotated[str, doc("the data set's name")]
    images: Count
    of: Annotated[Count, doc("test images that the data set has")]
    skipped: Annotated[Names, doc("files that could not be read")]
    correct: Count
    top1: Share
    input: InputQuality
    classes: Annotated[tuple[ClassAccuracy, ...], doc("those that the data set has images of")]
