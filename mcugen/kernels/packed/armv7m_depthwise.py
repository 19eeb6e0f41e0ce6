"""The depthwise kernel of packed pixels in assembly for Armv7-M (Cortex-M3).

All nine weights stay in registers, and sums while the window slides.
"""

from __future__ import annotations

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.assembly_text import Label
from mcugen.kernels.packed.armv7m import saturate
from mcugen.kernels.packed.shapes import LARGEST_DISPLACEMENT, PackedDepthwise, column_reach
from mcugen.kernels.packed.sliding import SlidingWindow, Taps

_ROWS = ("first", "second", "third")


def depthwise(shape: PackedDepthwise) -> tuple[str, ...]:
    """Lines of the function that takes table, rows, columns and, for each of the three rows in memory, the kernel row
    that meets it, as its offset in a channel's table."""
    return _Depthwise(shape).a.lines()


class _Depthwise(SlidingWindow):
    """The function being written.

    place: the channel's first value in the first row or, where a pointer to each row is given, the column to come:
    `taps` takes it from one to the next. weights: three for each of the rows in memory, 256-fold where the rescaling
    asks for that.
    """

    spare = "r0"

    def __init__(self, shape: PackedDepthwise) -> None:
        self.shape = shape
        self.table_bytes = 24 if shape.has_addend else 20
        self.a = a = Assembly("armv7-m", "table", "rows", "columns", "offsets of the kernel rows, a byte for each row")
        table, rows, columns, order = a.arguments
        self.frame = frame = a.enter(
            60,
            first="offset of the kernel row for the first row in memory",
            second="for the second",
            third="for the third",
            start="start of the sums",
            multiplier="multiplier",
            addend="addend",
            table="next channel's table",
            next_column="next channel's columns",
            column="columns to store to",
            even="even output, waits for its neighbour",
            table_end="end of the table",
            row_end="end of the row",
            to_second="distance of the second row from the first",
            to_third="distance of the third row from the first",
        )
        a(f"str {columns}, {frame.next_column}")
        a.drop(columns)
        with a.holding(r4="offset for the first row", r5="for the second", r6="for the third") as (
            first,
            second,
            third,
        ):
            a(f"uxtb {first}, {order}")
            a(f"ubfx {second}, {order}, #8, #8")
            a(f"ubfx {third}, {order}, #16, #8")
            a(f"strd {first}, {second}, {frame.first}")
            a(f"str {third}, {frame.third}")
        a.drop(order)
        if shape.row_bytes is None:
            with a.holding(r4="second row", r5="third row") as (second, third):
                a(f"ldrd {second}, {third}, [{rows}, #4]")
                rows = a.becomes(rows, "first row")
                a(f"ldr {rows}, [{rows}]")
                a(f"subs {second}, {second}, {rows}")
                a(f"subs {third}, {third}, {rows}")
                a(f"strd {second}, {third}, {frame.to_second}")
        column = "the column to come" if shape.row_bytes is None else "the channel's values"
        self.place = a.becomes(rows, f"{column}, in the first row")
        with a.holding(r4="end of the table") as (end,):
            a(f"ldr {end}, ={shape.channels * self.table_bytes}", "its bytes")
            a(f"add {end}, {end}, {table}")
            a(f"str {end}, {frame.table_end}")
        self.weights = [a.hold(f"r{3 + i}", f"weight {i % 3} for the {_ROWS[i // 3]} row") for i in range(9)]
        with a.loop("a channel") as next_channel:
            self.channel(table)
            self.sums = tuple(a.hold(name, "one of the sums in turn") for name in ("r2", "r12", "lr"))
            self.row()
            a.drop(*self.sums)
            advance = shape.channel_stride - (shape.width if shape.turns > 1 or shape.row_bytes is None else 0)
            if advance:
                step = "addw" if advance > 0 else "subw"
                a(f"{step} {self.place}, {self.place}, #{abs(advance)}", "the next channel")
            table = a.hold("r0", "table")
            a(f"ldr {table}, {frame.table}")
            with a.holding(r2="end of the table") as (end,):
                a(f"ldr {end}, {frame.table_end}")
                a(f"cmp {table}, {end}")
            a(f"bne {next_channel}")
        a.leave()
        a.directive(".ltorg")

    def channel(self, table: Register) -> None:
        """Takes a channel's weights and constants to their places."""
        a, frame = self.a, self.frame
        for row, offset in enumerate((frame.first, frame.second, frame.third)):
            with a.holding(r2="weights of a kernel row") as (weights,):
                a(f"ldr {weights}, {offset}")
                a(f"add {weights}, {weights}, {table}")
                for j in range(3):
                    a(f"ldrsb {self.weights[3 * row + j]}, [{weights}, #{j}]")
        if self.shape.scale != 1:
            for weight in self.weights:
                a(f"lsl {weight}, {weight}, #8", "256-fold, as the start of the sums is")
        with a.holding(r2="start of the sums", lr="multiplier") as (start, multiplier):
            a(f"ldrd {start}, {multiplier}, [{table}, #12]")
            a(f"strd {start}, {multiplier}, {frame.start}")
        if self.shape.has_addend:
            with a.holding(r12="addend") as (addend,):
                a(f"ldr {addend}, [{table}, #20]")
                a(f"str {addend}, {frame.addend}")
        a(f"adds {table}, #{self.table_bytes}", "the next channel")
        a(f"str {table}, {frame.table}")
        a.drop(table)
        with a.holding(r0="columns of the channel") as (columns,):
            a(f"ldr {columns}, {frame.next_column}")
            a(f"str {columns}, {frame.column}")
            a(f"adds {columns}, #8", "two words for four pixels")
            a(f"str {columns}, {frame.next_column}")

    def begin(self, register: Register) -> None:
        """See `SlidingWindow`."""
        self.a(f"ldr {self.a.anew(register)}, {self.frame.start}")

    def taps(self, x: int, taps: Taps) -> None:
        """See `SlidingWindow`."""
        a, place, row_bytes = self.a, self.place, self.shape.row_bytes
        # Of rows that are pointed to the first comes last, as it takes the place on to the next column.
        for row in (0, 1, 2) if row_bytes is not None else (1, 2, 0):
            with a.holding(r0="an input value") as (value,):
                if row_bytes is not None:
                    a(f"ldrb {value}, [{place}, #{x + row * row_bytes}]")
                elif row:
                    a(f"ldr {value}, {(self.frame.to_second, self.frame.to_third)[row - 1]}")
                    a(f"ldrb {value}, [{value}, {place}]")
                else:
                    a(f"ldrb {value}, [{place}], #1")
                for j, total in taps:
                    a(f"mla {total}, {self.weights[3 * row + j]}, {value}, {total}", "sum += weight * value")

    def begin_turns(self, loaded: int) -> None:
        """See `SlidingWindow`."""
        left = self.shape.width - (loaded if self.shape.row_bytes is None else 0)
        with self.a.holding(r0="end of the row") as (end,):
            self.a(f"add {end}, {self.place}, #{left}")
            self.a(f"str {end}, {self.frame.row_end}")

    def go_on(self, columns: int) -> None:
        """See `SlidingWindow`; `taps` does so itself where each row is pointed to."""
        if self.shape.row_bytes is not None:
            self.a(f"adds {self.place}, #{columns}")

    def end_turns(self, outputs: int, again: Label) -> None:
        """See `SlidingWindow`."""
        a, frame = self.a, self.frame
        with a.holding(r0="columns to store to") as (column,):
            a(f"ldr {column}, {frame.column}")
            a(f"addw {column}, {column}, #{2 * outputs * self.shape.depth}", "those of the next turn")
            a(f"str {column}, {frame.column}")
        self.compare_with_end()
        a(f"bne {again}")

    def finish(self, register: Register) -> None:
        """See `SlidingWindow`: saturated(((sum * multiplier >> 32) + addend) >> shift)."""
        a, frame = self.a, self.frame
        with a.holding(r0="multiplier, then the product's low half, which is not needed") as (multiplier,):
            a(f"ldr {multiplier}, {frame.multiplier}")
            a(f"smull {multiplier}, {register}, {register}, {multiplier}", "sum * multiplier / 2^32")
        if self.shape.has_addend:
            with a.holding(r0="addend") as (addend,):
                a(f"ldr {addend}, {frame.addend}")
                a(f"add {register}, {register}, {addend}")
        a(saturate("ssat", register, self.shape.shift), f"/ 2^{self.shape.shift}, as a byte")

    def store(self, register: Register, output: int) -> None:
        """See `SlidingWindow`."""
        a, frame = self.a, self.frame
        alone = output % 2 == 0 and output == self.shape.outputs - 1
        if output % 2 == 0 and not alone:
            a(f"str {register}, {frame.even}")
            return
        if not alone:
            with a.holding(r0="even output") as (even,):
                a(f"ldr {even}, {frame.even}")
                a(f"add {register}, {even}, {register}, lsl #16", "two pixels in a word")
        offset = output // 4 * 8 * self.shape.depth + output // 2 % 2 * 4
        with a.holding(r0="columns to store to") as (column,):
            a(f"ldr {column}, {frame.column}")
            a(f"str {register}, [{column}, #{offset}]")


def takes_depthwise(shape: PackedDepthwise) -> bool:
    """Whether every displacement fits into its instruction."""
    columns = column_reach(shape.stride, shape.outputs, shape.depth)
    last_tap = 2 * shape.row_bytes + shape.width if shape.row_bytes is not None else 0
    return max(columns, last_tap, shape.channel_stride) <= LARGEST_DISPLACEMENT
