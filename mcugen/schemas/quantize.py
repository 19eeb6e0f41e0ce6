"""What `mcugen quantize` prints."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType, field

from mcugen.schemas.record import Count, Names, Record, Share, doc


class LayerNoise(Record, frozen=True):
    """What quantization adds to a layer's output."""

    layer: str
    operator: str
    snr_db: Annotated[float | None, doc("signal to noise in dB; null where there is none of either")]


class ObjectF1(Record, frozen=True):
    """Objects that are found, at the threshold 0.5: centroids in boxes of their class."""

    label: Annotated[str, doc('of the class; "" for all of them')]
    objects: Annotated[Count, doc("that are there")]
    float_f1: Share
    int8_f1: Annotated[Share, doc("in the arithmetic of the C code, with its centroids")]
    int8_precision: Annotated[Share, doc("of what was found, the part that is there")]
    int8_recall: Annotated[Share, doc("of what is there, the part that was found")]


class FloatAndInt8(Record, frozen=True):
    """A figure of the float net, and of the int8 one in the arithmetic of the C code."""

    label: Annotated[str, doc('of the value; "" for what has none')]
    float_: Annotated[float, doc("of the float net")] = field(name="float")
    int8: float


class QuantizeOutput(Record, frozen=True):
    """A net that was quantized."""

    checkpoint: Annotated[str, doc("the file's name, of a checkpoint or a float model")]
    output: Annotated[str, doc("path of the int8 program or model")]
    data: Annotated[str, doc("the data set's name")]
    method: Annotated[str, doc("post-training and by whom, or fine-tuning and its epochs")]
    test_images: Count
    float_top1: Annotated[Share | None, doc("null where the data set has other classes than the model's output")]
    int8_top1: Annotated[Share | None, doc("in the arithmetic of the C code; null as for float")]
    skipped: Annotated[Names, doc("files that could not be read")]
    layers: tuple[LayerNoise, ...]
    recall_at_1: Annotated[
        FloatAndInt8 | UnsetType, doc("of vectors alone: test images whose nearest other one is of their class")
    ] = UNSET
    mean_absolute_error: Annotated[
        tuple[FloatAndInt8, ...] | UnsetType, doc("of a net that tells numbers alone: by value, in its units")
    ] = UNSET
    objects: Annotated[
        tuple[ObjectF1, ...] | UnsetType, doc("of a net that finds objects alone: all of them, then by class")
    ] = UNSET
