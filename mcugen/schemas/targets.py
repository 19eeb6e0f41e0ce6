"""What `mcugen targets` prints."""

from __future__ import annotations

from typing import Annotated

from mcugen.schemas.record import Names, Record, doc


class TargetEntry(Record, frozen=True):
    """A core that code is generated for."""

    name: Annotated[str, doc("as --target takes it")]
    description: str
    compiler: Annotated[str, doc('"" for any')]
    compiler_flags: Names
    emulated: Annotated[bool, doc("validate --on qemu runs its code")]
    predicted: Annotated[bool, doc("instructions are predicted")]
    stand_in: Annotated[str, doc('what code is built and counted for in its place, "" where that is the core itself')]
    boards: Annotated[Names, doc("of `mcugen boards`")]


class TargetsOutput(Record, frozen=True):
    """All targets."""

    targets: tuple[TargetEntry, ...]
