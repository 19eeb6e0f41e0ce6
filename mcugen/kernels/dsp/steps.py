"""Steps that the DSP kernels have in common."""

from __future__ import annotations

from collections.abc import Sequence

from mcugen.kernels.assembly import Assembly, Register


def store(a: Assembly, value: Register, row: Register, step: int) -> None:
    """A byte of an output row, which goes on by the step."""
    if step < 256:
        a(f"strb {value}, [{row}], #{step}")
    else:
        a(f"strb {value}, [{row}]")
        a(f"addw {row}, {row}, #{step}")


def saturate(a: Assembly, instruction: str, value: Register, shift: int) -> None:
    """value >> shift, as a byte."""
    a(f"{instruction} {value}, #8, {value}, asr #{shift}", f"/ 2^{shift}, as a byte")


def fitted_end(a: Assembly, stream: Register, sums: Sequence[Sequence[Register]], instruction: str, shift: int) -> None:
    """Outputs of the sums of two channels: saturated((sum * multiplier >> 32) >> shift)."""
    with a.holding(r8="multiplier of the first channel", r9="multiplier of the second") as multipliers:
        a(f"ldrd {multipliers[0]}, {multipliers[1]}, [{stream}], #8")
        for multiplier, totals in zip(multipliers, sums, strict=True):
            for total in totals:
                a(f"smmul {total}, {total}, {multiplier}", "sum * multiplier / 2^32")
    for totals in sums:
        for total in totals:
            saturate(a, instruction, total, shift)
