"""What `mcugen nets list` and `mcugen nets cost` print."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from mcugen.schemas.record import Count, Dimension, Macs, Parameters, Record, Shape, Share, doc


class NetsListOutput(Record, frozen=True):
    """The nets."""

    nets: Annotated[dict[str, str], Meta(min_length=1, description="what each is, by name")]


class NetOptions(Record, frozen=True):
    """What a net is made with."""

    alpha: Annotated[float, doc("the width multiplier")]
    size: Annotated[tuple[Dimension, ...], Meta(min_length=2, max_length=2, description="height, width of the image")]
    in_chans: Annotated[int, doc("channels of the image")]
    num_classes: int
    min_depth: Annotated[
        int | UnsetType, doc("fewest channels of a layer; absent from checkpoints of early versions")
    ] = UNSET
    cut: Annotated[
        int | UnsetType, doc("pixels from one position of the output to the next; absent from classifiers")
    ] = UNSET


class CostShares(Record, frozen=True):
    """Of all layers of one kind."""

    macs_share: Share
    weights_share: Share


class NetLayer(Record, frozen=True):
    """A layer by the paper's formulas."""

    name: str
    kind: str
    kernel: Annotated[Count, doc("height of the window")]
    kernel_width: Annotated[Count, doc("width of the window")]
    stride: Count
    input: Shape
    output: Shape
    macs: Macs
    weights: Annotated[Count, doc("without biases")]
    parameters: Parameters


class NetsCostOutput(Record, frozen=True):
    """A net by the paper's formulas."""

    net: str
    options: NetOptions
    parameters: Parameters
    weights: Annotated[Count, doc("without biases")]
    macs: Macs
    shares: Annotated[dict[str, CostShares], doc("by kind of layer")]
    layers: tuple[NetLayer, ...]
