"""The depthwise kernel of packed pixels in assembly for Armv6-M (Cortex-M0+).

Six of the nine weights stay in high registers, three on the stack; sums stay in registers while the window slides.
"""

from __future__ import annotations

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.assembly_text import Label, Slot
from mcugen.kernels.packed.armv6m_literal import literal
from mcugen.kernels.packed.shapes import PackedDepthwise, unrolled_outputs
from mcugen.kernels.packed.sliding import SlidingWindow, Taps

_TABLE_BYTES = 28
_ROWS = ("first", "second", "third")
_HIGH_REGISTERS = ("r8", "r9", "r10", "r11", "r12", "lr")


def takes_depthwise(shape: PackedDepthwise) -> bool:
    """Whether every displacement fits into its instruction."""
    reach = shape.width if shape.turns == 1 else 2 * unrolled_outputs(shape)
    return reach <= 32 and shape.width < 256 and shape.channel_stride < 256


def depthwise(shape: PackedDepthwise) -> tuple[str, ...]:
    """Lines of the function that takes table, rows, columns and, for each of the three rows in memory, the kernel row
    that meets it, as its offset in a channel's table."""
    return _Depthwise(shape).a.lines()


class _Depthwise(SlidingWindow):
    """The function being written. rows: the channel's values in the three rows. weights: the first six of the nine."""

    spare = "r3"

    def __init__(self, shape: PackedDepthwise) -> None:
        self.shape = shape
        self.a = a = Assembly("armv6-m", "table", "rows", "columns", "offsets of the kernel rows, a byte for each row")
        table, rows, columns, order = a.arguments
        self.frame = frame = a.enter(
            64,
            start="start of the sums",
            low="multiplier, lower half",
            high="multiplier, upper half",
            addend="addend",
            limit="limit",
            even="even output, waits for its neighbour",
            column="columns to store to",
            table="next channel's table",
            next_column="next channel's columns",
            table_end="end of the table",
            order="offsets of the kernel rows",
            row_end="end of the row",
            weight_0="weight 0 for the third row",
            weight_1="weight 1 for the third row",
            weight_2="weight 2 for the third row",
            step="bytes from four pixels of the columns to the next four",
        )
        a(f"str {columns}, {frame.next_column}")
        a(f"str {order}, {frame.order}")
        a.drop(columns, order)
        table_bytes, begin = a.label("bytes of the table"), a.label("begin")
        with a.holding(r3="end of the table") as (end,):
            a(f"ldr {end}, {table_bytes}")
            a(f"adds {end}, {end}, {table}")
            a(f"str {end}, {frame.table_end}")
        a(f"str {table}, {frame.table}")
        a.drop(table)
        with a.holding(r3="bytes of four pixels of the columns") as (step,):
            literal(a, step, 8 * shape.depth)
            a(f"str {step}, {frame.step}")
        self.take_rows(rows)
        a(f"b {begin}")
        a.directive(".align 2")
        a.place(table_bytes)
        a.directive(f".word {shape.channels * _TABLE_BYTES}")
        a.place(begin)
        self.weights = [
            a.hold(name, f"weight {i % 3} for the {_ROWS[i // 3]} row") for i, name in enumerate(_HIGH_REGISTERS)
        ]
        with a.loop("a channel") as next_channel:
            self.channel()
            self.sums = tuple(a.hold(name, "one of the sums in turn") for name in ("r5", "r6", "r7"))
            self.row()
            a.drop(*self.sums)
            self.end_channel(next_channel)
        a.leave()

    def take_rows(self, rows: Register) -> None:
        """From what the function is given to the three rows."""
        a, row_bytes = self.a, self.shape.row_bytes
        if row_bytes is None:
            first, third = a.hold("r0", "first row"), a.hold("r2", "third row")
            a(f"ldr {first}, [{rows}]")
            a(f"ldr {third}, [{rows}, #8]")
            second = a.becomes(rows, "second row")
            a(f"ldr {second}, [{second}, #4]")
        else:
            first = a.hold("r0", "first row")
            with a.holding(r3="bytes of a row") as (step,):
                literal(a, step, row_bytes)
                a(f"movs {first}, {rows}")
                second, third = a.becomes(rows, "second row"), a.hold("r2", "third row")
                a(f"adds {second}, {first}, {step}")
                a(f"adds {third}, {second}, {step}")
        self.rows = first, second, third
        self.place = first

    def channel(self) -> None:
        """Takes a channel's weights and constants to their places."""
        a, frame = self.a, self.frame
        table = a.hold("r3", "table")
        with a.holding(r4="offsets of the kernel rows", r5="offset of a weight", r6="weight") as (
            order,
            offset,
            weight,
        ):
            a(f"ldr {table}, {frame.table}")
            a(f"ldr {order}, {frame.order}")
            for i in range(9):
                if i % 3 == 0:
                    a(f"uxtb {offset}, {order}")
                    if i < 6:
                        a(f"lsrs {order}, {order}, #8", "the next row's")
                a(f"ldrsb {weight}, [{table}, {offset}]")
                if i < 6:
                    a(f"mov {self.weights[i]}, {weight}")
                else:
                    a(f"str {weight}, {self.stored_weight(i)}")
                if i % 3 < 2:
                    a(f"adds {offset}, #1")
        a(f"adds {table}, #12", "behind the weights")
        meanings = {"r4": "start of the sums", "r5": "multiplier", "r6": "addend", "r7": "limit"}
        with a.holding(**meanings) as (start, multiplier, addend, limit):
            a(f"ldmia {table}!, {{{start}, {multiplier}, {addend}, {limit}}}")
            a(f"str {table}, {frame.table}")
            a(f"str {start}, {frame.start}")
            low = a.becomes(start, "multiplier, lower half")
            a(f"uxth {low}, {multiplier}")
            a(f"lsrs {multiplier}, {multiplier}, #16", "the upper half")
            a(f"str {low}, {frame.low}")
            a(f"str {multiplier}, {frame.high}")
            zero = a.becomes(multiplier, "128 in units of what is shifted")
            a(f"movs {zero}, #1")
            a(f"lsls {zero}, {zero}, #{self.shape.shift + 7}")
            a(f"subs {addend}, {addend}, {zero}", "outputs become int8")
            a(f"str {addend}, {frame.addend}")
            a(f"str {limit}, {frame.limit}")
        a.drop(table)
        with a.holding(r3="columns of the channel") as (column,):
            a(f"ldr {column}, {frame.next_column}")
            a(f"str {column}, {frame.column}")
            a(f"adds {column}, #8", "two words for four pixels")
            a(f"str {column}, {frame.next_column}")

    def stored_weight(self, i: int) -> Slot:
        """Where the weights are that have no register."""
        return (self.frame.weight_0, self.frame.weight_1, self.frame.weight_2)[i - 6]

    def end_channel(self, next_channel: Label) -> None:
        """Goes on to the next channel, if there is one."""
        a, shape, frame = self.a, self.shape, self.frame
        advance = shape.channel_stride - (shape.width if shape.turns > 1 else 0)
        if advance:
            for row in self.rows:
                a(f"{'adds' if advance > 0 else 'subs'} {row}, #{abs(advance)}", "the next channel")
        last = a.label("after the last channel")
        with a.holding(r3="next channel's table", r4="end of the table") as (table, end):
            a(f"ldr {table}, {frame.table}")
            a(f"ldr {end}, {frame.table_end}")
            a(f"cmp {table}, {end}")
        a(f"beq {last}")
        a(f"b {next_channel}")
        a.place(last)

    def begin(self, register: Register) -> None:
        """See `SlidingWindow`."""
        self.a(f"ldr {self.a.anew(register)}, {self.frame.start}")

    def taps(self, x: int, taps: Taps) -> None:
        """See `SlidingWindow`."""
        a = self.a
        with a.holding(r3="an input value", r4="weight, then product") as (value, product):
            for row in range(3):
                a(f"ldrb {value}, [{self.rows[row]}, #{x}]")
                for j, total in taps:
                    i = 3 * row + j
                    if i < 6:
                        a(f"mov {a.anew(product)}, {self.weights[i]}")
                    else:
                        a(f"ldr {a.anew(product)}, {self.stored_weight(i)}")
                    a(f"muls {product}, {value}")
                    a(f"adds {total}, {total}, {product}")

    def begin_turns(self, loaded: int) -> None:
        """See `SlidingWindow`."""
        a = self.a
        with a.holding(r3="end of the row") as (end,):
            a(f"movs {end}, {self.rows[0]}")
            a(f"adds {end}, #{self.shape.width}")
            a(f"str {end}, {self.frame.row_end}")

    def go_on(self, columns: int) -> None:
        """See `SlidingWindow`."""
        for row in self.rows:
            self.a(f"adds {row}, #{columns}", "the columns of the next turn")

    def end_turns(self, outputs: int, again: Label) -> None:
        """See `SlidingWindow`."""
        a = self.a
        complete = a.label("end of the row")
        self.compare_with_end()
        a(f"beq {complete}")
        a(f"b {again}")
        a.place(complete)

    def finish(self, register: Register) -> None:
        """See `SlidingWindow`: the fitted line below the limit, else 0 or 255; then as int8."""
        a, shape, frame = self.a, self.shape, self.frame
        inside, done = a.label("inside the range of the line"), a.label("output")
        with a.holding(r3="limit") as (limit,):
            a(f"ldr {limit}, {frame.limit}")
            a(f"cmp {register}, {limit}")
        a(f"blo {inside}")
        a(f"asrs {register}, {register}, #31", "all ones below 0")
        a(f"mvns {register}, {register}")
        a(f"uxtb {register}, {register}", "0 below 0, else 255")
        a(f"subs {register}, #128", "as int8")
        a(f"b {done}")
        a.place(inside)
        with a.holding(r3="part by the lower half") as (part,):
            if shape.skipped:
                a(f"lsrs {part}, {register}, #{shape.skipped}")
                with a.holding(r4="multiplier, lower half") as (low,):
                    a(f"ldr {low}, {frame.low}")
                    a(f"muls {part}, {low}")
            else:
                a(f"ldr {part}, {frame.low}")
                a(f"muls {part}, {register}")
            a(f"lsrs {part}, {part}, #{shape.middle}")
            with a.holding(r4="multiplier, upper half") as (high,):
                a(f"ldr {high}, {frame.high}")
                a(f"muls {register}, {high}")
            a(f"adds {register}, {register}, {part}")
        with a.holding(r4="addend") as (addend,):
            a(f"ldr {addend}, {frame.addend}")
            a(f"adds {register}, {register}, {addend}")
        a(f"asrs {register}, {register}, #{shape.shift}", "as int8")
        a.place(done)

    def store(self, register: Register, output: int) -> None:
        """See `SlidingWindow`."""
        a, frame = self.a, self.frame
        alone = output % 2 == 0 and output == self.shape.outputs - 1
        if output % 2 == 0 and not alone:
            a(f"str {register}, {frame.even}")
            return
        if not alone:
            a(f"lsls {register}, {register}, #16")
            with a.holding(r3="even output") as (even,):
                a(f"ldr {even}, {frame.even}")
                a(f"adds {register}, {register}, {even}", "two pixels in a word")
        second = output // 2 % 2
        with a.holding(r4="columns to store to") as (column,):
            a(f"ldr {column}, {frame.column}")
            a(f"str {register}, [{column}, #{4 * second}]")
            if second:
                with a.holding(r3="bytes of four pixels of the columns") as (step,):
                    a(f"ldr {step}, {frame.step}")
                    a(f"adds {column}, {column}, {step}")
                a(f"str {column}, {frame.column}")
