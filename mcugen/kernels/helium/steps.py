"""Steps that the Helium kernels have in common: addresses, constants, and from sums to outputs in memory."""

from __future__ import annotations

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.helium.shapes import FARTHEST, End


def to_output(
    a: Assembly,
    end: End,
    sums: Register,
    constants: tuple[Register, Register, Register],
    spare: str,
    zero: Register | None,
) -> None:
    """Requantizes the sums in a vector to bytes, which are then the lowest of its four words. constants, spare: as of
    `requantize`. zero: the zero point, None where it is 0."""
    requantize(a, end, sums, constants, spare)
    if zero is not None:
        a(f"vadd.i32 {sums}, {sums}, {zero}")
    if (end.minimum, end.maximum) == (0, 255):
        a(f"vqmovunb.s32 {sums}, {sums}", "saturates to uint16")
        a(f"vqmovnb.u16 {sums}, {sums}", "and to uint8")
    elif (end.minimum, end.maximum) == (-128, 127):
        a(f"vqmovnb.s32 {sums}, {sums}", "saturates to int16")
        a(f"vqmovnb.s16 {sums}, {sums}", "and to int8")
    else:
        _clamp(a, end, (sums,), spare)


def requantize(
    a: Assembly, end: End, sums: Register, constants: tuple[Register, Register, Register], spare: str
) -> None:
    """Multiplies the sums in a vector and shifts them. constants: of the four channels the starts of the sums,
    multipliers and shifts to the left. spare: a vector that is free."""
    start, multiplier, shift = constants
    high = "vqdmulh.s32" if end.form == "truncated" else "vqrdmulh.s32"
    a(f"vadd.i32 {sums}, {sums}, {start}")
    a(
        f"{high} {sums}, {sums}, {multiplier}",
        f"sum * multiplier / 2^31{'' if end.form == 'truncated' else ', rounded'}",
    )
    if end.form == "rounded_signed":
        with a.holding(**{spare: "-1 of negative products"}) as (sign,):
            a(f"vshr.s32 {sign}, {sums}, #31")
            a(f"vadd.i32 {sums}, {sums}, {sign}", "so that halves go away from 0")
    a(f"vrshl.s32 {sums}, {sums}, {shift}", "to the right, as shifts are negative; rounded")


def narrow_pair(a: Assembly, end: End, even: Register, odd: Register, spare: str, zero: Register | None) -> None:
    """Saturates what `requantize` made of the sums of even and of odd channels: they are then the low bytes of the
    eight halfwords of the first vector, in turn. spare, zero: as of `to_output`."""
    limits = (end.minimum, end.maximum)
    from_least = limits == (-128, 127) and end.zero_point == end.minimum
    if zero is not None and not from_least:
        a(f"vadd.i32 {even}, {even}, {zero}")
        a(f"vadd.i32 {odd}, {odd}, {zero}")
    if limits == (0, 255) or from_least:
        a(f"vqmovunb.s32 {even}, {even}", "saturates to uint16")
        a(f"vqmovunt.s32 {even}, {odd}", "behind those of even channels")
        a(f"vqmovnb.u16 {even}, {even}", "and to uint8")
        if from_least:
            a(f"vadd.i16 {even}, {even}, {zero}", "to int8")
    elif limits == (-128, 127):
        a(f"vqmovnb.s32 {even}, {even}", "saturates to int16")
        a(f"vqmovnt.s32 {even}, {odd}", "behind those of even channels")
        a(f"vqmovnb.s16 {even}, {even}", "and to int8")
    else:
        _clamp(a, end, (even, odd), spare)
        a(f"vmovnt.i32 {even}, {odd}", "behind those of even channels")


def _clamp(a: Assembly, end: End, vectors: tuple[Register, ...], spare: str) -> None:
    """By limits inside a byte."""
    for value, keep, what in ((end.minimum, "vmax", "least"), (end.maximum, "vmin", "largest")):
        with a.holding(**{spare: f"the {what} output"}) as (limit,):
            negative = value < 0
            a(f"vmvn.i32 {limit}, #{-value - 1}" if negative else f"vmov.i32 {limit}, #{value}", str(value))
            for vector in vectors:
                a(f"{keep}.s32 {vector}, {vector}, {limit}")


def store(a: Assembly, outputs: Register, row: Register, stride: int, size: int = 32) -> None:
    """The lowest bytes of the words, or of other elements of `size` bits; the row moves on by the stride."""
    if stride <= FARTHEST:
        a(f"vstrb.{size} {outputs}, [{row}], #{stride}")
    else:
        a(f"vstrb.{size} {outputs}, [{row}]")
        add(a, row, stride, "the next pixel")


def move(a: Assembly, register: Register, value: int) -> None:
    """A small number of either sign."""
    a(f"mvn {register}, #{-value - 1}" if value < 0 else f"movw {register}, #{value}", str(value))


def add(a: Assembly, register: Register, value: int, comment: str = "") -> None:
    """register += value. comment: where a pointer is then."""
    address(a, register, register, value, comment)


def address(a: Assembly, register: Register, base: Register, value: int, comment: str = "") -> None:
    """register = base + value; r12 where that takes two steps, which has to be free. comment: as of `add`."""
    if value == 0:
        if register is not base:
            a(f"mov {register}, {base}", comment)
    elif abs(value) < 4096:
        a(f"{'addw' if value > 0 else 'subw'} {register}, {base}, #{abs(value)}", comment)
    else:
        with a.holding(r12="distance") as (distance,):
            a(f"movw {distance}, #{abs(value)}")
            a(f"{'add' if value > 0 else 'sub'} {register}, {base}, {distance}", comment)
