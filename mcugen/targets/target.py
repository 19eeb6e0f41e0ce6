"""What a target is: data that the planner and the generator read, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FamilyUse:
    """A kernel family that a core uses. name: of the family. variant: which of its kernels, "" where it has but one
    kind; the family says what there is."""

    name: str
    variant: str = ""


@dataclass(frozen=True)
class Target:
    """A processor core to generate for.

    name: as on the command line. compiler: prefix of the cross compiler's commands, "" for the host's own.
    compiler_flags: what selects the core; optimization: how the library is compiled.
    matrix_rows, matrix_columns: output channels x pixels that the portable matrix kernel accumulates at a time, by the
    core's register budget. families: of kernels, in order of preference; what none of them takes is portable code.
    channel_multiple: what its kernels want numbers of channels to be a multiple of. sums_in_lanes: they sum blocks of
    channels in 16-bit lanes, so that the order of channels matters. loop_bytes: most code of a loop, such that the
    smallest instruction cache of chips with this core holds it wherever it begins; 0 for any. machine: the emulated
    machine of the same core, "" if there is none. costs: the table of `plan/tables` for predictions, "" if there is
    none. stand_in: what code is built and counted for in the core's place, as users are told, "" where that is the core
    itself.
    """

    name: str
    description: str
    compiler: str
    compiler_flags: tuple[str, ...]
    matrix_rows: int
    matrix_columns: int
    families: tuple[FamilyUse, ...] = ()
    channel_multiple: int = 1
    sums_in_lanes: bool = False
    loop_bytes: int = 0
    machine: str = ""
    costs: str = ""
    stand_in: str = ""
    optimization: str = "-O2"
