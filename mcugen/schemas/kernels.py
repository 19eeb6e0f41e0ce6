"""Why a stage is computed as it is, as several commands print it."""

from __future__ import annotations

from typing import Annotated

from mcugen.schemas.record import Count, Names, Record, Shape, doc

Family = Annotated[str, doc("the kernel family's name")]
Title = Annotated[str, doc("what people call the kernel family")]
Blocking = Annotated[str, doc('what it computes at a time, "" of operators that are no convolutions')]
Remark = Annotated[str, doc('what of the stage is portable code all the same, and why; "" if nothing')]

Rows = Annotated[
    str,
    doc('rows that a reading of its weights serves, and why no more; "" where --rows-per-pass was not asked for'),
]


class Refusal(Record, frozen=True):
    """A kernel family that the target prefers to the one that was taken."""

    family: Title
    reason: Annotated[str, doc("why it did not take the stage")]


Refused = Annotated[tuple[Refusal, ...], doc("families that the target prefers, most preferred first")]


class KernelChoice(Record, frozen=True):
    """The kernel of a stage."""

    family: Family
    title: Title
    blocking: Blocking
    remark: Remark
    refused: Refused
    rows: Rows = ""


class StageKernel(Record, frozen=True):
    """A stage with its kernel."""

    stage: Count
    layers: Names
    output: Shape
    family: Family
    title: Title
    blocking: Blocking
    remark: Remark
    refused: Refused
    rows: Rows = ""
