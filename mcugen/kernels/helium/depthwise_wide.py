"""The Helium depthwise kernel of eight channels at a time, two outputs of each.

Values and weights are widened to 16 bits as they are loaded, so that one load serves eight channels; products of even
channels (VMULLB) and of odd ones (VMULLT) have 32 bits and sums of their own. Where channels are no multiple of eight,
the first eight and the second share four, which are computed twice. `tables.py` describes the table.
"""

from __future__ import annotations

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.helium.shapes import CHANNELS, FARTHEST, WIDE, HeliumDepthwise, Tile
from mcugen.kernels.helium.steps import add, move, narrow_pair, requantize, store

# Bytes of eight channels in the table: shifts, nine weights of each, starts, multipliers; of even channels first.
_WEIGHTS, _STARTS, _MULTIPLIERS, _TABLE_BYTES = 8, 80, 112, 144
_ROWS = ("upper", "middle", "lower")
_WEIGHT_REGISTERS = ("q4", "q5")


def depthwise_wide(shape: HeliumDepthwise) -> tuple[str, ...]:
    """Lines of the function that takes table, the three rows' addresses, and columns. shape: a wide one."""
    return _Wide(shape).a.lines()


class _Wide:
    """The function being written."""

    def __init__(self, shape: HeliumDepthwise) -> None:
        self.shape = shape
        self.a = a = Assembly("armv8.1-m", "table", "rows", "columns")
        self.table, rows, self.columns = a.arguments
        a.enter()
        begins = [a.hold(f"r{7 + i}", f"eight channels in the {which} row") for i, which in enumerate(_ROWS)]
        a(f"ldm {rows}, {{{begins[0]}, {begins[1]}, {begins[2]}}}")
        a.drop(rows)
        begins.append(a.hold("r10", "eight channels in the columns"))
        a(f"mov {begins[-1]}, {self.columns}")
        eights = a.hold("r11", "eights of channels to go")
        a(f"movw {eights}, #{len(shape.eights)}")
        shares = shape.channels % WIDE
        step = a.hold("r1", "channels to the next eight") if shares else None
        if step is not None:
            a(f"mov {step}, #{shares}")
        first = shape.tiles()[0][0]
        if first.at:
            for row in begins[:-1]:
                add(a, row, first.at * shape.channels, "where the first window begins, left of the row")
        self.zero = None
        if shape.end.zero_point:
            self.zero = a.hold("r6", "zero point")
            move(a, self.zero, shape.end.zero_point)
        with a.loop("eight channels") as next_channels:
            self.rows = [a.hold(f"r{3 + i}", f"{which} row") for i, which in enumerate(_ROWS)]
            for register, begin in zip((*self.rows, self.columns), begins, strict=True):
                a(f"mov {a.anew(register)}, {begin}")
            for tile, count in shape.tiles():
                self.tiles(tile, count)
            a.drop(*self.rows)
            for begin in begins:
                a(f"add {begin}, {step or f'#{WIDE}'}", "the next eight channels")
            if step is not None:
                a(f"mov {step}, #{WIDE}")
            a(f"add {self.table}, #{_TABLE_BYTES}", "theirs in the table")
            a(f"subs {eights}, #1")
            a(f"bne {next_channels}")
        a.leave()

    def tiles(self, tile: Tile, count: int) -> None:
        """Tiles of one kind that follow each other."""
        a = self.a
        if count == 1:
            a.note(f"{tile.outputs} outputs")
            return self.tile(tile)
        with a.holding(lr="tiles to go") as (tiles,):
            with a.holding(r12="tiles") as (number,):
                a(f"movw {number}, #{count}")
                a(f"dls {tiles}, {number}")
            with a.loop(f"{tile.outputs} outputs") as next_tile:
                self.tile(tile)
                a(f"le {tiles}, {next_tile}")
        return None

    def tile(self, tile: Tile) -> None:
        """Neighbouring outputs of eight channels; afterwards rows and columns are at the next tile."""
        a, shape = self.a, self.shape
        sums = [
            (
                a.hold(f"q{2 * x}", f"sums of output {x}, even channels, then itself"),
                a.hold(f"q{2 * x + 1}", f"sums of output {x}, odd channels, then itself"),
            )
            for x in range(tile.outputs)
        ]
        begun: set[int] = set()
        for i in range(3):
            self.kernel_row(tile, i, sums, begun)
        meanings = {"q4": "starts of the sums", "q5": "multipliers", "q6": "shifts to the left"}
        with a.holding(**meanings) as (start, multiplier, shift):
            for half, vectors in enumerate(zip(*sums, strict=True)):
                a(f"vldrw.u32 {start}, [{self.table}, #{_STARTS + 16 * half}]")
                a(f"vldrw.u32 {multiplier}, [{self.table}, #{_MULTIPLIERS + 16 * half}]")
                a(f"vldrb.s32 {shift}, [{self.table}, #{CHANNELS * half}]")
                for vector in vectors:
                    requantize(a, shape.end, vector, (start, multiplier, shift), "q7")
        for even, odd in sums:
            narrow_pair(a, shape.end, even, odd, "q7", self.zero)
            store(a, even, self.columns, shape.channels, 16)
            a.drop(even, odd)

    def kernel_row(self, tile: Tile, i: int, sums: list[tuple[Register, Register]], begun: set[int]) -> None:
        """Adds the products of one kernel row; afterwards its pointer is at the next tile. begun: outputs that have
        products already."""
        a, shape, row = self.a, self.shape, self.rows[i]
        a.note(f"{_ROWS[i]} row of the kernel")
        columns = [(column, taps) for column in tile.inside if (taps := shape.taps(tile, column))]
        needed = [j for _, taps in columns for _, j in taps]
        weights: dict[int, Register] = {}
        at = 0
        for column, taps in columns:
            offset = column * shape.channels - at
            if not -FARTHEST <= offset <= FARTHEST:
                add(a, row, offset, "as far as loads reach")
                at, offset = at + offset, 0
            with a.holding(q6="values of a column") as (values,):
                a(f"vldrb.u16 {values}, [{row}, #{offset}]")
                for x, j in taps:
                    self.weigh(i, needed, weights)
                    needed.pop(0)
                    for half, total in zip("bt", sums[x], strict=True):
                        if x not in begun:
                            a(f"vmull{half}.s16 {total}, {values}, {weights[j]}")
                            continue
                        with a.holding(q7="products") as (products,):
                            a(f"vmull{half}.s16 {products}, {values}, {weights[j]}")
                            a(f"vadd.i32 {total}, {total}, {products}")
                    begun.add(x)
        add(a, row, tile.outputs * shape.stride * shape.channels - at, "the next outputs' windows")
        a.drop(*weights.values())

    def weigh(self, i: int, needed: list[int], weights: dict[int, Register]) -> None:
        """Brings the weights of the tap that is needed first into one of two registers, in place of those that are
        needed last."""
        a, j = self.a, needed[0]
        if j in weights:
            return
        if len(weights) == len(_WEIGHT_REGISTERS):
            # Those that are not needed any more count as last of all.
            last = max(weights, key=lambda tap: needed.index(tap) if tap in needed else len(needed))
            a.drop(weights.pop(last))
        taken = {register.name for register in weights.values()}
        name = next(name for name in _WEIGHT_REGISTERS if name not in taken)
        weights[j] = a.hold(name, f"weights {j} of a kernel row")
        a(f"vldrb.s16 {weights[j]}, [{self.table}, #{_WEIGHTS + WIDE * (3 * i + j)}]")
