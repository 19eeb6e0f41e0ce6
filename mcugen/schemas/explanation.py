"""What int8 gets wrong on a data set: the `accuracy` of `mcugen analyze` and `mcugen report`."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from mcugen.schemas.record import Count, Names, Record, Share, doc

Decibels = Annotated[
    float | None,
    doc(
        "signal to noise in dB: the power of float's values over that of the difference; null where float has no such "
        "layer, or the values are equal"
    ),
]


class FloatAccuracy(Record, frozen=True):
    """The model before quantization, on the same images."""

    model: str
    correct: Count
    top1: Share
    agreement: Annotated[Share, doc("of the images, those that both classify alike")]


class ClassQuality(Record, frozen=True):
    """The images of one class."""

    class_: Annotated[Count, doc("its number")] = field(name="class")
    label: Annotated[str, doc('its name, "" where the data set does not say')]
    images: Count
    correct: Count
    float_correct: Annotated[Count | None, doc("null without --float")]


RealRange = Annotated[tuple[float, float], doc("real numbers, from and to")]


class InputQuality(Record, frozen=True):
    """What the input holds, and what the images become there."""

    range: Annotated[RealRange, doc("that the input can hold")]
    board: Annotated[
        RealRange | None,
        doc("of pixels 0 and 255 by NAME_invoke_u8; null where nobody said what pixels are"),
    ]
    observed: Annotated[RealRange, doc("of these images, before they are quantized")]
    pixels: Annotated[
        RealRange | None,
        doc("of pixels 0 and 255 in this run, before they are quantized; null where the images are none"),
    ]
    float_pixels: Annotated[RealRange | None, doc("the same as float is given them; null without --float, too")]
    clipped: Annotated[Share, doc("of the values, those beyond the range")]
    snr_db: Decibels
    warnings: Annotated[Names, doc("a line for each thing that is probably wrong")]


class LayerQuality(Record, frozen=True):
    """How well a layer's values stand in int8."""

    layer: str
    kind: Annotated[str, doc("the operator's name")]
    snr_db: Decibels
    saturated: Annotated[Share, doc("of its values, those that the range of its type cuts off")]
    clamped: Annotated[Share, doc("of its values, those that its activation cuts off")]


ImageFile = Annotated[str, doc('path of its file in the data set, "" where images have no files of their own')]


class MisclassifiedImage(Record, frozen=True):
    """An image that int8 gets wrong."""

    index: Annotated[Count, doc("in the data set")]
    file: ImageFile
    truth: Annotated[Count, doc("its class")]
    int8: Annotated[Count, doc("int8's class")]


class FlippedImage(Record, frozen=True):
    """An image that float and int8 classify differently."""

    index: Annotated[Count, doc("in the data set")]
    file: ImageFile
    truth: Annotated[Count, doc("its class")]
    float_: Annotated[Count, doc("float's class")] = field(name="float")
    int8: Annotated[Count, doc("int8's class")]
    float_margin: Annotated[float, Meta(ge=0, description="float's score of its own class less that of int8's")]


class VectorMeasures(Record, frozen=True):
    """How well angles tell images of a class from others; null without two of a class, or of different ones."""

    recall_at_1: Annotated[Share, doc("images whose nearest other one is of their class")]
    roc_area: Annotated[
        Share | None,
        doc("area below the ROC curve: how often two images of a class are nearer than two others"),
    ]
    equal_error_rate: Annotated[
        Share | None,
        doc("pairs of a class taken for different at the threshold, and others for alike"),
    ]
    threshold: Annotated[float | None, doc("cosine from which on two images count as alike")]


class VectorAccuracy(Record, frozen=True):
    """What a net's vectors tell."""

    dimension: Count
    int8: VectorMeasures
    float_: Annotated[VectorMeasures | None, doc("null without --float")] = field(name="float")
    cosine: Annotated[float | None, doc("mean, of the angle between int8's vector and float's; null without --float")]


class ValueMeasures(Record, frozen=True):
    """How far a number is from what it should be."""

    mean_absolute_error: Annotated[float, Meta(ge=0, description="in the number's own unit")]
    r2: Annotated[
        float | None,
        doc("1 less the mean squared error over the number's variance: 1 is exact, 0 as its mean; null of a constant"),
    ]


class ValueAccuracy(Record, frozen=True):
    """One of the numbers that a net tells."""

    label: Annotated[str, doc("its name")]
    step: Annotated[float, doc("by which int8 tells it")]
    int8: ValueMeasures
    float_: Annotated[ValueMeasures | None, doc("null without --float")] = field(name="float")


Vectors = Annotated[VectorAccuracy | UnsetType, doc("of nets that tell a vector alone")]
Values = Annotated[tuple[ValueAccuracy, ...] | UnsetType, doc("of nets that tell numbers alone: each of them")]


class AccuracyExplanation(Record, frozen=True):
    """Accuracy on a data set, and what it is lost by."""

    data: Annotated[str, doc("the data set's name")]
    images: Count
    of: Annotated[Count, doc("test images that the data set has")]
    skipped: Annotated[Names, doc("files that could not be read")]
    correct: Annotated[Count | None, doc("null of vectors and numbers")]
    top1: Annotated[Share | None, doc("null of vectors and numbers")]
    float_: Annotated[FloatAccuracy | None, doc("null without --float, and as top1")] = field(name="float")
    classes: Annotated[tuple[ClassQuality, ...], doc("all classes of the model, by number")]
    confusion: Annotated[tuple[tuple[Count, ...], ...], doc("images, by truth and by int8's class")]
    input: InputQuality
    layers: tuple[LayerQuality, ...]
    misclassified: tuple[MisclassifiedImage, ...]
    flipped: Annotated[tuple[FlippedImage, ...] | None, doc("null without --float, and as top1")]
    vectors: Vectors = UNSET
    values: Values = UNSET
