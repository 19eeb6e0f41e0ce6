"""What `mcugen sweep` prints, and what it keeps of every run."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType, field

from mcugen.schemas.record import (
    Bytes,
    Count,
    Instructions,
    LiveMacs,
    Macs,
    ModelledCycles,
    Names,
    Parameters,
    Record,
    Share,
    doc,
)


class SweepRun(Record, frozen=True, kw_only=True):
    """A net that was trained, quantized and compiled."""

    net: str
    alpha: Annotated[float, doc("the width multiplier")]
    size: Annotated[Count, doc("side of the image")]
    decay: Annotated[bool, doc("weights of depthwise filters decay, too")]
    run: Annotated[str, doc("its name")] = field(name="cell")
    macs: Macs
    parameters: Parameters
    float_top1: Share
    int8_top1: Share
    live_macs: LiveMacs
    ram_bytes: Bytes
    flash_bytes: Annotated[Bytes, doc("constants, exact, and code, estimated")]
    instructions: Instructions
    modelled_cycles: ModelledCycles
    unknown: Annotated[
        str | UnsetType, doc("functions whose part of the instructions is an estimate; absent from early versions")
    ] = UNSET
    seconds: Annotated[float, doc("that it took")]
    questions: Annotated[str | UnsetType, doc("that it answers, between spaces; absent from the file of the run")] = (
        UNSET
    )


class SweepOutput(Record, frozen=True):
    """The paper's questions, asked of one's own data."""

    table: Annotated[str, doc("path of the CSV file")]
    plots: Annotated[Names, doc("paths")]
    runs: tuple[SweepRun, ...] = field(name="cells")
    failed: Annotated[dict[str, str], doc("why, by the names of runs")]
