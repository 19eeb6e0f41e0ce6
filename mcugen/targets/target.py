"""What a target is: data that the planner and the generator read, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A processor core to generate for.

    name: as on the command line. compiler: command prefix of the cross compiler, "" for the host's own.
    compiler_flags: what selects the core. dsp: has the Armv7E-M DSP instructions (SMLAD, SXTB16, SMMULR, USAT).
    matrix_rows, matrix_columns: output channels x pixels that the portable matrix kernel accumulates at a time, by the
    core's register budget.
    """

    name: str
    description: str
    compiler: str
    compiler_flags: tuple[str, ...]
    matrix_rows: int
    matrix_columns: int
    dsp: bool = False
