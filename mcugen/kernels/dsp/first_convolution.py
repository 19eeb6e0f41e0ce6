"""The DSP kernel of the first convolution in assembly: 3x3 windows of the image; columns of three pixels on the stack.

`tables.py` describes the stream. Columns of three image channels: bytes 0 to 3 and 4 to 7 of each window row, then
their ninth bytes; of one: three bytes of each row, and one more that a weight of 0 meets.
"""

from __future__ import annotations

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.assembly_text import Slot
from mcugen.kernels.dsp.shapes import DspFirst
from mcugen.kernels.dsp.steps import matrix_end

_COLUMNS_BYTES = 168
_ROWS = ("upper", "middle", "lower")
_CHANNELS = ("first", "second")
# What is loaded has registers with 16-bit encodings; sums have others.
_WEIGHTS = ("r1", "r2")
_VALUES = ("r3", "r4", "r5")
_SUMS = (("r6", "r7", "r8"), ("r9", "r11", "r12"))
# Where the ninth bytes of a window row of each pixel are.
_NINTHS = (("r9", "r10", "r11"), ("r2", "r12", "lr"), ("r3", "r4", "r5"))


def first_convolution(shape: DspFirst) -> tuple[str, ...]:
    """Lines of the function that takes stream, rows, output row, and the bytes of the row's pixels."""
    return _First(shape).a.lines()


class _First:
    """The function being written."""

    def __init__(self, shape: DspFirst) -> None:
        self.shape = shape
        self.a = a = Assembly("armv7-m", "stream", "rows of the image", "output row", "bytes of the row's pixels")
        stream, rows, row, end = a.arguments
        columns = {f"column_{i}": "columns of three pixels" for i in range(_COLUMNS_BYTES // 4)}
        self.frame = frame = a.enter(
            196,
            **columns,
            upper="upper row of the windows",
            middle="middle row",
            lower="lower row",
            stream="stream",
            row="output",
            row_end="end of the output row",
            stream_end="end of the stream",
        )
        with a.holding(r4="upper row", r5="middle row", r6="lower row") as (upper, middle, lower):
            a(f"ldm {rows}, {{{upper}, {middle}, {lower}}}")
            a.drop(rows)
            a(f"add {end}, {row}")
            a(f"strd {upper}, {middle}, {frame.upper}")
            a(f"strd {lower}, {stream}, {frame.lower}")
        with a.holding(r4="bytes of the stream") as (stream_bytes,):
            a(f"movw {stream_bytes}, #{(16 + 8 * shape.halves) * shape.outputs // 2}")
            stream = a.becomes(stream, "end of the stream")
            a(f"add {stream}, {stream_bytes}")
        a(f"strd {end}, {stream}, {frame.row_end}")
        a.drop(end, stream)
        with a.loop("three pixels") as next_pixels:
            a(f"str {row}, {frame.row}")
            a.drop(row)
            self.take_columns()
            output = self.channels()
            row = a.hold("r2", "output of the next three pixels")
            with a.holding(r3="end of the output row") as (end,):
                a(f"ldr {end}, {frame.row_end}")
                back = 3 * shape.x_stride - shape.outputs * shape.channel_stride
                a(f"{'addw' if back > 0 else 'subw'} {row}, {output}, #{abs(back)}", "back over all channels")
                a(f"cmp {row}, {end}")
            a.drop(output)
            a(f"bne {next_pixels}")
        a.leave()

    def take_columns(self) -> None:
        """Widens the windows of three pixels into columns."""
        a, shape, frame = self.a, self.shape, self.frame
        columns = a.hold("r0", "columns")
        a(f"mov {columns}, sp")
        ninths: list[list[Register]] = []
        for which, slot, names in zip(_ROWS, (frame.upper, frame.middle, frame.lower), _NINTHS, strict=True):
            a.note(f"{which} row")
            ninths.append(self.take_row(columns, slot, names, which))
        if shape.channels == 3:
            for upper, lower in zip(ninths[0], ninths[2], strict=True):
                a(f"pkhbt {lower}, {upper}, {lower}, lsl #16", "ninth bytes of the upper and the lower row")
            a(f"stm {columns}!, {{{', '.join(map(str, ninths[2]))}}}")
            a(
                f"stm {columns}!, {{{', '.join(map(str, ninths[1]))}}}",
                "and of the middle row, with what a weight of 0 meets",
            )
        a.drop(columns, *(register for row in ninths for register in row))

    def take_row(self, columns: Register, slot: Slot, names: tuple[str, ...], which: str) -> list[Register]:
        """One row of the windows; what holds the ninth bytes then."""
        a, shape = self.a, self.shape
        ninths: list[Register] = []
        with a.holding(r1=f"{which} row") as (row,):
            a(f"ldr {row}, {slot}")
            self.quad(columns, row, 0)
            if shape.channels == 3:
                self.quad(columns, row, 4)
                for i, name in enumerate(names):
                    ninths.append(a.hold(name, f"ninth byte of pixel {i}, {which} row"))
                    a(f"ldrsb {ninths[i]}, [{row}, #{8 + i * shape.step}]")
            a(f"add {row}, #{3 * shape.step}", "the next three windows")
            a(f"str {row}, {slot}")
        return ninths

    def quad(self, columns: Register, row: Register, at: int) -> None:
        """Four bytes of three windows: for each pixel bytes 0 and 2, then for each 1 and 3."""
        a, step = self.a, self.shape.step
        even = [a.hold(f"r{3 + i}", f"bytes 0 and 2 of pixel {i}") for i in range(3)]
        odd = [a.hold(f"r{6 + i}", f"four bytes of pixel {i}, then 1 and 3") for i in range(3)]
        for i, four in enumerate(odd):
            a(f"ldr {four}, [{row}, #{at + i * step}]")
        for two, four in zip(even, odd, strict=True):
            a(f"sxtb16 {two}, {four}")
        for four in odd:
            a(f"sxtb16 {four}, {four}, ror #8")
        a(f"stm {columns}!, {{{even[0]}-{odd[2]}}}")
        a.drop(*even, *odd)

    def channels(self) -> Register:
        """All output channels of three pixels; where the next one would be."""
        a, shape, frame = self.a, self.shape, self.frame
        stream, output = a.hold("r0", "stream"), a.hold("r10", "output")
        a(f"ldrd {stream}, {output}, {frame.stream}")
        with a.loop("a pair of output channels") as next_pair:
            sums = self.sum(stream)
            matrix_end(a, stream, sums, "fitted", shape.saturate, shape.shift, _WEIGHTS)
            end = a.hold("r1", "end of the stream")
            a(f"ldr {end}, {frame.stream_end}")
            for first, second, third in sums:
                a(f"strb {second}, [{output}, #{shape.x_stride}]")
                a(f"strb {third}, [{output}, #{2 * shape.x_stride}]")
                a(f"strb {first}, [{output}], #{shape.channel_stride}")
            a.drop(*sums[0], *sums[1])
            a(f"cmp {stream}, {end}")
            a.drop(end)
            a(f"bne {next_pair}")
        a.drop(stream)
        return output

    def sum(self, stream: Register) -> list[list[Register]]:
        """The sums of a pair of channels, three pixels each. Columns are reached from the stack pointer and weights by
        offsets, all of which 16-bit encodings hold, so that the stream goes on once."""
        a, halves = self.a, self.shape.halves
        sums = [
            [a.hold(name, f"sum of pixel {i}, {which} channel") for i, name in enumerate(names)]
            for names, which in zip(_SUMS, _CHANNELS, strict=True)
        ]
        weights = [
            a.hold(name, f"two weights of the {which} channel") for name, which in zip(_WEIGHTS, _CHANNELS, strict=True)
        ]
        values = [a.hold(name, f"two values of pixel {i}") for i, name in enumerate(_VALUES)]
        a(f"ldm {stream}!, {{{sums[0][2]}, {sums[1][2]}}}", "the starts of the sums")
        for half in range(halves):
            a.note(f"half a quad: {half + 1} of {halves}")
            for i, weight in enumerate(weights):
                a(f"ldr {weight}, [{stream}, #{8 * half + 4 * i}]")
            for i, value in enumerate(values):
                a(f"ldr {value}, [sp, #{12 * half + 4 * i}]")
            for weight, totals in zip(weights, sums, strict=True):
                for total, value in zip(totals, values, strict=True):
                    before = total if half else totals[2]
                    a(f"smlad {total}, {weight}, {value}, {before}", "sum += two weights . two values")
        a(f"adds {stream}, #{8 * halves}", "behind the weights")
        a.drop(*weights, *values)
        return sums
