"""Costs of layers, stages and functions, as several commands print them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from mcugen.schemas.board_time import WaitCycles
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
    doc,
)

WeightReads = Annotated[float, Meta(ge=0), doc("how often an inference reads each of its weights; 0 without weights")]


class LayerCost(Record, frozen=True):
    """One layer of the model as it was read."""

    name: str
    kind: Annotated[str, doc("the operator's name")]
    source: Annotated[str, doc("its place in the model file")]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    macs: Macs
    live_macs: LiveMacs
    parameters: Parameters
    live_parameters: LiveParameters
    weight_reads: WeightReads
    dead_channels: Annotated[Count, doc("output channels that were removed")]


class StageCost(Record, frozen=True):
    """What runs a row at a time, and what is predicted of it."""

    stage: Count
    layers: Names
    output: Shape
    instructions: Instructions
    modelled_cycles: ModelledCycles
    waits: Annotated[WaitCycles | None, doc("what the memories of --board add, predicted; null where not known")] = None


class CameraCost(Record, frozen=True):
    """What a camera's frame takes on its way to the rows of the image, a part of the prediction."""

    instructions: Instructions
    modelled_cycles: ModelledCycles


class UnknownFunction(Record, frozen=True):
    """A function that was never counted on the target, so that its part of a prediction is an estimate."""

    stage: Count
    function: Annotated[str, doc("its kind, or KIND: LOOP for a loop of it")]
    estimated_by: Annotated[str, doc("the function whose counts stand in")]


class MemoryItem(Record, frozen=True):
    """Something that is alive in the arena."""

    name: Annotated[str, doc("the layer that wrote it, or what else it is")]
    bytes: Bytes
