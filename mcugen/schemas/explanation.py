"""What int8 gets wrong on a data set: the `accuracy` of `mcugen analyze` and `mcugen report`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

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


class AccuracyExplanation(Record, frozen=True):
    """Accuracy on a data set, and what it is lost by."""

    data: Annotated[str, doc("the data set's name")]
    images: Count
    of: Annotated[Count, doc("test images that the data set has")]
    skipped: Annotated[Names, doc("files that could not be read")]
    correct: Count
    top1: Share
    float_: Annotated[FloatAccuracy | None, doc("null without --float")] = field(name="float")
    classes: Annotated[tuple[ClassQuality, ...], doc("all classes of the model, by number")]
    confusion: Annotated[tuple[tuple[Count, ...], ...], doc("images, by truth and by int8's class")]
    input: InputQuality
    layers: tuple[LayerQuality, ...]
    misclassified: tuple[MisclassifiedImage, ...]
    flipped: Annotated[tuple[FlippedImage, ...] | None, doc("null without --float")]
