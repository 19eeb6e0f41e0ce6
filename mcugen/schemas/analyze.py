"""What `mcugen analyze` prints."""

from __future__ import annotations

from typing import Annotated

from mcugen.schemas.board_time import BoardMilliseconds
from mcugen.schemas.costs import CameraCost, LayerCost, MemoryItem, StageCost, UnknownFunction
from mcugen.schemas.explanation import AccuracyExplanation
from mcugen.schemas.kernels import StageKernel
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
    doc,
)


class FlashEstimate(Record, frozen=True):
    """Bytes of flash before anything is compiled."""

    weight_bytes: Annotated[Bytes, doc("exact, a part of constant_bytes")]
    constant_bytes: Annotated[Bytes, doc("exact, with the weights")]
    code_bytes: Annotated[Bytes, doc("estimated")]


class PeakMoment(Record, frozen=True):
    """Where the arena is fullest."""

    layer: Annotated[str, doc('the layers of the stage that runs, "image" while a row of the image comes in')]
    row: Annotated[Count, doc("that is written")]
    alive_bytes: Bytes
    parts: Annotated[tuple[MemoryItem, ...], doc("largest first")]


class Ram(Record, frozen=True):
    """What the RAM is made of, exact."""

    arena_bytes: Annotated[Bytes, doc("of the context, where activations lie")]
    peak: PeakMoment


class AnalyzeOutput(Record, frozen=True):
    """What a model costs, before anything is compiled or flashed."""

    model: Annotated[str, doc("the file's name")]
    format: Annotated[str, doc("of the file: tflite, onnx, torch")]
    target: str
    macs: Macs
    live_macs: LiveMacs
    parameters: Parameters
    live_parameters: LiveParameters
    ram_bytes: Annotated[Bytes, doc("sizeof the context, exact")]
    flash_bytes: Annotated[Bytes, doc("constants, exact, and code, estimated")]
    flash: FlashEstimate
    ram: Ram
    instructions: Instructions
    modelled_cycles: ModelledCycles
    unknown: Annotated[tuple[UnknownFunction, ...], doc("what of the prediction is an estimate")]
    camera: Annotated[CameraCost | None, doc("null without --camera, or for a target that was not measured")]
    board_time: Annotated[BoardMilliseconds | None, doc("predicted; null without --board, its clock or cycles")]
    stages: Annotated[tuple[StageCost, ...] | None, doc("null for a target that was not measured")]
    kernels: Annotated[tuple[StageKernel, ...], doc("of all stages")]
    layers: Annotated[tuple[LayerCost, ...], doc("of the model as it was read")]
    over_budget: Annotated[Names, doc("a line for each exceeded budget")]
    accuracy: Annotated[AccuracyExplanation | None, doc("null without --data")]
    warnings: Annotated[Names, doc("a line for each thing at the input that is probably wrong")]
