"""From sums to outputs in the matrix kernel of Armv6-M: a fitted line, its ends, and the stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.assembly_text import Frame, Label
from mcugen.kernels.packed.armv6m_literal import literal
from mcugen.kernels.packed.shapes import PackedMatrix

# The largest such shift.
_HARMLESS_SHIFT = 23


def is_harmless(shift: int) -> bool:
    """Whether bit 31 of what is shifted stays out of the output's byte."""
    return shift <= _HARMLESS_SHIFT


class Stored(NamedTuple):
    """output: where the last of the pixels is. columns: the register given up for it, again. outside: for each pixel
    the label of sums that are outside the range of the fitted line, and where those go on."""

    output: Register
    columns: Register
    outside: tuple[tuple[Label, Label], ...]


class Outputs:
    """What the function does with its sums: of each pair of pixels, and of the high lanes alone (`armv6m.py`)."""

    def __init__(
        self, a: Assembly, shape: PackedMatrix, frame: Frame, sums: Sequence[tuple[Register, Register]]
    ) -> None:
        self.a, self.shape, self.frame, self.sums = a, shape, frame, sums

    def store(self, pixels: int, stream: Register, columns: Register) -> Stored:
        """Requantizes and stores that many pixels; stream and columns are given up for it."""
        a, shape, frame = self.a, self.shape, self.frame
        two_lines = shape.two_lines
        channel = a.becomes(stream, "the channel's constants")
        a(f"ldr {channel}, {frame.channel}")
        if two_lines:
            a(f"str {columns}, {frame.place}")
            apart = a.becomes(columns, "how far the two lines lie apart")
        low, addend, limit = a.hold("r4", "multiplier"), a.hold("r6", "addend"), a.hold("r7", "limit")
        a(f"ldmia {channel}!, {{{f'{apart}, ' if two_lines else ''}{low}, {addend}, {limit}}}")
        if two_lines or (2 in shape.blocks and not is_harmless(shape.shift)):
            a(f"lsls {addend}, {addend}, #1", "without bit 31, which tells blocks of two channels")
            a(f"{'asrs' if two_lines else 'lsrs'} {addend}, {addend}, #1")
        high = a.hold("r5", "multiplier, upper half")
        a(f"lsrs {high}, {low}, #16")
        low = a.becomes(low, "multiplier, lower half")
        a(f"uxth {low}, {low}")
        output = a.becomes(channel, "output")
        a(f"ldr {output}, {frame.output}")
        outside = []
        for pixel in range(pixels):
            a.note(f"pixel {pixel}")
            value = a.hold("r2", "sum, then output")
            self._pixel_sum(pixel, value)
            labels = a.label(f"pixel {pixel} outside the range"), a.label(f"output of pixel {pixel}")
            outside.append(labels)
            a(f"cmp {value}, {limit}")
            a(f"bhs {labels[0]}")
            self._scale(value, low, high, addend)
            if two_lines:
                self._two_lines(value, apart)
            else:
                a(f"lsrs {value}, {value}, #{shape.shift}")
                if shape.saturate == "ssat":
                    a(f"subs {value}, #128", "as int8")
            a.place(labels[1])
            if pixel:
                self._next_pixel(output)
            a(f"strb {value}, [{output}]")
            a.drop(value)
        a.drop(low, high, addend, limit)
        if two_lines:
            columns = a.becomes(apart, "columns")
            a(f"ldr {columns}, {frame.place}")
        return Stored(output, columns, tuple(outside))

    def _pixel_sum(self, pixel: int, value: Register) -> None:
        """The sum of one pixel of a pair."""
        a, (both, high) = self.a, self.sums[pixel // 2]
        a(f"mov {value}, {high}")
        if pixel % 2 == 0:
            with a.holding(r3="sums of the pair") as (pair,):
                a(f"lsls {value}, {value}, #16")
                a(f"mov {pair}, {both}")
                a(f"subs {value}, {pair}, {value}", "without the high lanes' sum")

    def _scale(self, value: Register, low: Register, high: Register, addend: Register) -> None:
        """value * multiplier + addend, in two halves of the multiplier."""
        a, shape = self.a, self.shape
        with a.holding(r3="part by the lower half") as (part,):
            a(f"lsrs {part}, {value}, #{shape.skipped}" if shape.skipped else f"mov {part}, {value}")
            a(f"muls {part}, {low}")
            a(f"lsrs {part}, {part}, #{shape.middle}")
            a(f"muls {value}, {high}")
            a(f"adds {value}, {value}, {part}")
            a(f"adds {value}, {value}, {addend}")

    def _two_lines(self, value: Register, apart: Register) -> None:
        """Below 0 the line of the steps below the zero point."""
        a, shape = self.a, self.shape
        assert shape.zero_point is not None
        with a.holding(r3="how far the line is below, or 0") as (below,):
            a(f"asrs {below}, {value}, #31", "the sign")
            a(f"ands {below}, {apart}")
            a(f"subs {value}, {value}, {below}")
        a(f"asrs {value}, {value}, #{shape.shift}")
        a(f"{'adds' if shape.zero_point >= -1 else 'subs'} {value}, #{abs(shape.zero_point + 1)}", "zero point + 1")

    def _next_pixel(self, output: Register) -> None:
        """To the next pixel's output."""
        a, step = self.a, self.shape.x_stride
        if step > 255:
            with a.holding(r3="bytes from pixel to pixel") as (register,):
                literal(a, register, step)
                a(f"adds {output}, {output}, {register}")
        else:
            a(f"adds {output}, #{step}")

    def ends_of_range(self, outside: Sequence[tuple[Label, Label]]) -> None:
        """The outputs of sums below 0 and of those from the limit on."""
        a = self.a
        for begin, end in outside:
            a.place(begin)
            value = a.hold("r2", "sum, then output", filled=True)
            a(f"asrs {value}, {value}, #31", "all ones below 0")
            a(f"mvns {value}, {value}", "0 below 0, else 255 in its low byte")
            if self.shape.saturate == "ssat":
                a(f"subs {value}, #128", "as int8")
            a.drop(value)
            a(f"b {end}")
