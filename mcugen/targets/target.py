"""What a target is: data that the planner and the generator read, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A processor core to generate for.

    name: as on the command line. compiler: prefix of the cross compiler's commands, "" for the host's own.
    compiler_flags: what selects the core; optimization: how the library is compiled.
    matrix_rows, matrix_columns: output channels x pixels that the portable matrix kernel accumulates at a time, by the
    core's register budget. dsp: has the DSP instructions of Armv7E-M. helium: has the vector instructions of Armv8.1-M
    for integers. packed: the kernels that multiply two pixels at a time, "armv7-m", "armv6-m", "c" (left to the
    compiler), "c-split" (that too, without 64-bit products and loads of signed bytes, and with fewer registers) or ""
    for none. channel_multiple: what its kernels want numbers of channels to be a multiple of. machine: the emulated
    machine of the same core, "" if there is none. costs: the table of costs.json that predictions are made with, "" if
    there is none. stand_in: what code is built and counted for in the core's place, as users are told, "" where that is
    the core itself.
    """

    name: str
    description: str
    compiler: str
    compiler_flags: tuple[str, ...]
    matrix_rows: int
    matrix_columns: int
    dsp: bool = False
    helium: bool = False
    packed: str = ""
    channel_multiple: int = 1
    machine: str = ""
    costs: str = ""
    stand_in: str = ""
    optimization: str = "-O2"
