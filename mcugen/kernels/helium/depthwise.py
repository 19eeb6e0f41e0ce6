"""The Helium depthwise kernel in assembly: a function with literal shapes.

What of a window lies in the image is one of them. `tables.py` describes the table.
"""

from __future__ import annotations

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.helium.depthwise_wide import depthwise_wide
from mcugen.kernels.helium.shapes import CHANNELS, FARTHEST, HeliumDepthwise, Tile
from mcugen.kernels.helium.steps import add, move, store, to_output

# Bytes of four channels in the table: nine weights of each, starts, multipliers, shifts.
_STARTS, _MULTIPLIERS, _SHIFTS, _TABLE_BYTES = 36, 52, 68, 72
_ROWS = ("upper", "middle", "lower")


def depthwise(shape: HeliumDepthwise) -> tuple[str, ...]:
    """Lines of the function that takes table, the three rows' addresses, and columns."""
    return depthwise_wide(shape) if shape.is_wide else _Depthwise(shape).a.lines()


class _Depthwise:
    """The function being written: four channels of up to three outputs at a time.

    next_*: where the next four channels begin in rows and columns.
    """

    def __init__(self, shape: HeliumDepthwise) -> None:
        self.shape = shape
        self.a = a = Assembly("armv8.1-m", "table", "rows", "columns")
        self.table, rows, self.columns = a.arguments
        a.enter()
        next_rows = [a.hold(f"r{7 + i}", f"next channels in the {which} row") for i, which in enumerate(_ROWS)]
        a(f"ldm {rows}, {{{next_rows[0]}, {next_rows[1]}, {next_rows[2]}}}")
        a.drop(rows)
        next_columns = a.hold("r10", "next channels in the columns")
        a(f"mov {next_columns}, {self.columns}")
        fours = a.hold("r11", "fours of channels to go")
        a(f"movw {fours}, #{shape.channels // CHANNELS}")
        first = shape.tiles()[0][0]
        if first.at:
            for row in next_rows:
                add(a, row, first.at * shape.channels, "where the first window begins, left of the row")
        self.zero = None
        if shape.end.zero_point:
            self.zero = a.hold("r6", "zero point")
            move(a, self.zero, shape.end.zero_point)
        with a.loop("four channels") as next_channels:
            self.rows = [a.hold(f"r{3 + i}", f"{which} row") for i, which in enumerate(_ROWS)]
            for row, begin in zip(self.rows, next_rows, strict=True):
                a(f"mov {row}, {begin}")
            a(f"mov {a.anew(self.columns)}, {next_columns}")
            for tile, count in shape.tiles():
                self.tiles(tile, count)
            a.drop(*self.rows)
            for pointer in (*next_rows, next_columns):
                a(f"add {pointer}, #{CHANNELS}", "the next four channels")
            a(f"add {self.table}, #{_TABLE_BYTES}", "theirs in the table")
            a(f"subs {fours}, #1")
            a(f"bne {next_channels}")
        a.leave()

    def tiles(self, tile: Tile, count: int) -> None:
        """Tiles of one kind that follow each other."""
        a = self.a
        if count == 1:
            a.note(f"{tile.outputs} outputs")
            return self.tile(tile)
        with a.holding(lr="tiles to go") as (tiles,):
            a(f"movw {tiles}, #{count}")
            with a.loop(f"{tile.outputs} outputs") as next_tile:
                self.tile(tile)
                a(f"subs {tiles}, #1")
                a(f"bne {next_tile}")
        return None

    def tile(self, tile: Tile) -> None:
        """Neighbouring outputs of four channels; afterwards rows and columns are at the next tile."""
        a, shape = self.a, self.shape
        sums = [a.hold(f"q{x}", f"sums of output {x}, then itself") for x in range(tile.outputs)]
        for i in range(3):
            self.kernel_row(tile, i, sums)
        meanings = {"q3": "starts of the sums", "q4": "multipliers", "q5": "shifts to the left"}
        with a.holding(**meanings) as (start, multiplier, shift):
            a(f"vldrw.u32 {start}, [{self.table}, #{_STARTS}]")
            a(f"vldrw.u32 {multiplier}, [{self.table}, #{_MULTIPLIERS}]")
            a(f"vldrb.s32 {shift}, [{self.table}, #{_SHIFTS}]")
            for vector in sums:
                to_output(a, shape.end, vector, (start, multiplier, shift), "q7", self.zero)
                store(a, vector, self.columns, shape.channels)
        a.drop(*sums)

    def kernel_row(self, tile: Tile, i: int, sums: list[Register]) -> None:
        """Adds the products of one kernel row; afterwards its pointer is at the next tile."""
        a, shape, row = self.a, self.shape, self.rows[i]
        a.note(f"{_ROWS[i]} row of the kernel")
        weights = [a.hold(f"q{3 + j}", f"weights {j} of a kernel row") for j in range(3)]
        for j, vector in enumerate(weights):
            a(f"vldrb.s32 {vector}, [{self.table}, #{4 * (3 * i + j)}]")
        at = 0
        begun: set[int] = set()
        for column in tile.inside:
            taps = shape.taps(tile, column)
            if not taps:
                continue
            offset = column * shape.channels - at
            if not -FARTHEST <= offset <= FARTHEST:
                add(a, row, offset, "as far as loads reach")
                at, offset = at + offset, 0
            with a.holding(q6="values of a column") as (values,):
                a(f"vldrb.u32 {values}, [{row}, #{offset}]")
                for x, j in taps:
                    if i == 0 and x not in begun:
                        a(f"vmul.i32 {sums[x]}, {values}, {weights[j]}")
                        begun.add(x)
                        continue
                    with a.holding(q7="products") as (products,):
                        a(f"vmul.i32 {products}, {values}, {weights[j]}")
                        a(f"vadd.i32 {sums[x]}, {sums[x]}, {products}")
        add(a, row, tile.outputs * shape.stride * shape.channels - at, "the next outputs' windows")
        a.drop(*weights)
