"""Steps that the DSP kernels have in common."""

from __future__ import annotations

from collections.abc import Sequence

from mcugen.kernels.assembly import Assembly, Register

_CHANNELS = ("first", "second")


def store(a: Assembly, value: Register, row: Register, step: int) -> None:
    """A byte of an output row, which goes on by the step."""
    if step < 256:
        a(f"strb {value}, [{row}], #{step}")
    else:
        a(f"strb {value}, [{row}]")
        a(f"addw {row}, {row}, #{step}", "the next pixel")


def saturate(a: Assembly, instruction: str, value: Register, shift: int) -> None:
    """value >> shift, as a byte."""
    a(f"{instruction} {value}, #8, {value}, asr #{shift}", f"/ 2^{shift}, as a byte")


def matrix_end(
    a: Assembly,
    stream: Register,
    sums: Sequence[Sequence[Register]],
    form: str,
    instruction: str,
    shift: int,
    registers: Sequence[str] = ("r8", "r9", "r10", "r11"),
    step: int = 4,
) -> None:
    """Outputs of the sums of one or two channels, from the constants of the form that come next in the stream.
    registers: free ones, in the order of their numbers. step: bytes from one of them to the next."""
    if form == "signed":
        for totals in sums:
            _signed_end(a, stream, totals, instruction, registers, step)
        return
    words = {"fitted": 1, "fitted_addend": 2}[form] * len(sums)
    meanings = {
        "fitted": ["multiplier of the first channel", "multiplier of the second"],
        "fitted_addend": [text for which in _CHANNELS for text in (f"multiplier, {which} channel", "addend")],
    }[form]
    with a.holding(**dict(zip(registers[:words], meanings, strict=False))) as constants:
        _load(a, stream, constants, step)
        for channel, totals in enumerate(sums):
            for total in totals:
                if form == "fitted":
                    a(f"smmul {total}, {total}, {constants[channel]}", "sum * multiplier / 2^32")
                else:
                    multiplier, addend = constants[2 * channel : 2 * channel + 2]
                    a(f"smmla {total}, {total}, {multiplier}, {addend}", "sum * multiplier / 2^32 + addend")
    for totals in sums:
        for total in totals:
            saturate(a, instruction, total, shift)


def _load(a: Assembly, stream: Register, constants: Sequence[Register], step: int) -> None:
    """The next words of the stream."""
    if step > 4:
        for constant in constants:
            a(f"ldr {constant}, [{stream}], #{step}")
    elif len(constants) == 1:
        a(f"ldr {constants[0]}, [{stream}], #4")
    elif len(constants) == 2:
        a(f"ldrd {constants[0]}, {constants[1]}, [{stream}], #8")
    else:
        a(f"ldm {stream}!, {{{', '.join(map(str, constants))}}}")


def _signed_end(
    a: Assembly, stream: Register, totals: Sequence[Register], instruction: str, registers: Sequence[str], step: int
) -> None:
    """Of the exact form, see `signed_outputs`."""
    meanings = ("multiplier", "zero point and a half", "shift")
    with a.holding(**dict(zip(registers[:3], meanings, strict=True))) as constants:
        _load(a, stream, constants, step)
        signed_outputs(a, totals, constants, instruction)


def signed_outputs(a: Assembly, totals: Sequence[Register], constants: Sequence[Register], instruction: str) -> None:
    """Of the sums of a channel, with halves away from zero, as TensorFlow Lite rounds. constants: multiplier, zero
    point and a half, and shift. Each step for all sums before the next: a Cortex-M33 waits for a result that is used
    at once."""
    multiplier, addend, shift = constants
    for total in totals:
        a(f"asr {total}, {total}, #7", "256-fold, to twice the sum")
    for total in totals:
        a(f"smmulr {total}, {total}, {multiplier}", "* multiplier / 2^32, rounded")
    for total in totals:
        a(f"add {total}, {total}, {total}, asr #31", "halves away from 0")
    for total in totals:
        a(f"add {total}, {total}, {addend}")
    for total in totals:
        a(f"asr {total}, {total}, {shift}")
    for total in totals:
        a(f"{instruction} {total}, #8, {total}", "as a byte")
