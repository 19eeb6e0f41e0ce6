"""Layers and stages with what they cost."""

from __future__ import annotations

from typing import Annotated

from mcugen.schemas.costs import WeightReads
from mcugen.schemas.kernels import KernelChoice
from mcugen.schemas.record import (
    Bytes,
    Count,
    Instructions,
    LiveMacs,
    LiveParameters,
    Macs,
    ModelledCycles,
    Names,
    Parameters,
    Record,
    Shape,
    Share,
    doc,
)

Kind = Annotated[str, doc("convolution, depthwise, pointwise, dense, pooling, other")]


class ReportLayer(Record, frozen=True):
    """One layer of the model as it was read."""

    name: str
    kind: Kind
    operator: Annotated[str, doc("the operator's name")]
    source: Annotated[str, doc("its place in the model file")]
    stage: Annotated[Count | None, doc("that computes it; null where optimization removed it")]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    macs: Macs
    live_macs: LiveMacs
    parameters: Parameters
    live_parameters: LiveParameters
    weight_reads: WeightReads
    dead_channels: Annotated[Count, doc("output channels that were removed")]
    instructions: Annotated[Instructions, doc("null also where the layer is no function of its own")]
    modelled_cycles: ModelledCycles
    share: Annotated[Share | None, doc("of all modelled cycles, or of all instructions; null where neither is known")]


class KeptRows(Record, frozen=True):
    """The rows of a stage's output in memory."""

    kept: Annotated[Count, doc("at a time")]
    height: Annotated[Count, doc("rows of the whole map")]
    row_bytes: Bytes
    layout: Annotated[str, doc("order of the values of a row")]
    pooled: Annotated[bool, doc("they lie in rows that rings share")]


class ReportStage(Record, frozen=True):
    """What runs a row at a time."""

    index: Count
    group: Annotated[Count, doc("of stages that run together")]
    layers: Names
    kinds: Annotated[tuple[Kind, ...], doc("of the layers")]
    kernel: KernelChoice
    inputs: Annotated[tuple[int, ...], doc("stages that make its inputs, -1 for the image")]
    output_shape: Shape
    rows: KeptRows
    live_macs: LiveMacs
    words: Annotated[Count, doc("that are loaded or stored at least once")]
    floor_instructions: Annotated[Count, doc("what no kernel of one load, one multiply-accumulate a time goes below")]
    instructions: Instructions
    modelled_cycles: ModelledCycles
