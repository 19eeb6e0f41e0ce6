"""The matrix kernel of packed pixels in assembly for Armv7-M (Cortex-M3): a function with literal shapes.

The shape decides how far loops are unrolled and which displacement each instruction has, so it is a program that writes
it. `select.py` describes the columns, `tables.py` the stream.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.packed.shapes import PackedMatrix

HEADER_WORDS = 3
_BEGIN = "from the channel's begin: the stream is behind its weights"


def block_loop(depth: int, block: int) -> tuple[int, int]:
    """(blocks in a turn, turns) of the sum over a column."""
    blocks = depth // block
    words = 4 // block
    if blocks <= 6 * words:
        return blocks, 1
    for unrolled in range(4 * words, 0, -1):
        if blocks % unrolled == 0 and unrolled % words == 0:
            return unrolled, blocks // unrolled
    return blocks, 1


def lane_origins(depth: int, block: int) -> int:
    """What the lanes' origins add up to in a sum: 2^15 each, and more while the loop counts turns in them."""
    unrolled, turns = block_loop(depth, block)
    return unrolled * turns * (0x8000 + turns - 1)


def matrix(shape: PackedMatrix) -> tuple[str, ...]:
    """Lines of the function that takes stream, columns and output row."""
    return _Matrix(shape).lines()


@dataclass(frozen=True)
class _Pair:
    """Sums of two neighbouring pixels. both: that of the low lanes with 2^16 times that of the high ones. high: that of
    the high lanes."""

    both: Register
    high: Register


class _Matrix:
    """The function being written. Registers that hold the same all the time are its attributes."""

    def __init__(self, shape: PackedMatrix) -> None:
        self.shape = shape
        self.a = a = Assembly("armv7-m", "stream", "columns", "output row")
        self.stream, columns, row = a.arguments
        self.frame = frame = a.enter(
            20,
            tiles_end="end of the tiles in the channel's output row",
            columns="columns",
            next_row="next channel's output row",
            stream_end="end of the stream",
        )
        a(f"str {columns}, {frame.columns}")
        a(f"str {row}, {self.frame.next_row}")
        a.drop(columns, row)
        with a.holding(r3="end of the stream") as (end,):
            a(f"ldr {end}, ={shape.channels * self.row_bytes}", "its bytes")
            a(f"add {end}, {end}, {self.stream}")
            a(f"str {end}, {self.frame.stream_end}")
        with a.loop("an output channel") as next_channel:
            flag = a.hold("r3", "bit 0: blocks are of two channels")
            a(f"ldr {flag}, [{self.stream}], #8", "in the first of two constants, and on to the start of the sums")
            self.columns = a.hold("r1", "columns")
            self.row = a.hold("lr", "output")
            a(f"ldrd {self.columns}, {self.row}, {frame.columns}")
            self.ends_of_row()
            self.channel(flag)
            with a.holding(r2="end of the stream") as (end,):
                a(f"ldr {end}, {self.frame.stream_end}")
                a(f"addw {self.stream}, {self.stream}, #{shape.depth + 4}", "the next channel")
                a(f"cmp {self.stream}, {end}")
            a(f"bne {next_channel}")
            a.drop(self.columns, self.row)
        a.leave()
        a.directive(".ltorg")

    @property
    def row_bytes(self) -> int:
        """Bytes of a channel in the stream."""
        return self.shape.depth + 4 * HEADER_WORDS

    def lines(self) -> tuple[str, ...]:
        """The finished function."""
        return self.a.lines()

    def ends_of_row(self) -> None:
        """Where the next channel's outputs begin, and where this one's whole tiles end."""
        a, shape = self.a, self.shape
        with a.holding(r2="next channel's output row") as (next_row,):
            a(f"addw {next_row}, {self.row}, #{shape.channel_stride}")
            a(f"str {next_row}, {self.frame.next_row}")
        if shape.tiles:
            with a.holding(r2="end of the tiles") as (end,):
                a(f"addw {end}, {self.row}, #{4 * shape.tiles * shape.x_stride}")
                a(f"str {end}, {self.frame.tiles_end}")

    def channel(self, flag: Register) -> None:
        """All pixels of one output channel, in blocks of the size that its flag tells."""
        a = self.a
        if len(self.shape.blocks) == 1:
            a.drop(flag)
            return self.pixels(self.shape.blocks[0])
        of_two, end = a.label("blocks of two channels"), a.label("end of the channel")
        a(f"lsls {flag}, {flag}, #31")
        a.drop(flag)
        a(f"bne {of_two}")
        self.pixels(4)
        a(f"b {end}")
        a.place(of_two)
        self.pixels(2)
        a.place(end)
        return None

    def pixels(self, block: int) -> None:
        """All pixels of one output channel."""
        a, shape = self.a, self.shape
        if shape.tiles:
            with a.loop("four pixels") as next_tile:
                self.some_pixels(block, 4)
                with a.holding(r2="end of the tiles") as (end,):
                    a(f"ldr {end}, {self.frame.tiles_end}")
                    self.to_start()
                    a(f"cmp {self.row}, {end}")
                a(f"bne {next_tile}")
        if shape.rest:
            self.some_pixels(block, shape.rest)
            self.to_start()

    def to_start(self) -> None:
        """From the end of the channel's weights back to the start of its sums."""
        self.a(f"subw {self.stream}, {self.stream}, #{self.shape.depth + 4}", "back to the start of the sums")

    def some_pixels(self, block: int, pixels: int) -> None:
        """Up to four pixels from columns to outputs."""
        a = self.a
        pairs = [
            _Pair(a.hold("r8", "sums of pixels 0 and 1: low + 2^16 * high"), a.hold("r9", "sum of pixel 1 (high)"))
        ]
        a(f"ldr {pairs[0].high}, [{self.stream}], #4", "the start of both, less by all that lanes begin at")
        if pixels > 2:
            meanings = "sums of pixels 2 and 3: low + 2^16 * high", "sum of pixel 3 (high)"
            pairs.append(_Pair(a.hold("r10", meanings[0]), a.hold("r11", meanings[1])))
        self.sum(block, pairs)
        self.end(pairs, pixels)

    def sum(self, block: int, pairs: list[_Pair]) -> None:
        """Adds the products of a column's channels."""
        a, first = self.a, pairs[0]
        unrolled, turns = block_loop(self.shape.depth, block)
        origin = a.hold("r12", "where both lanes begin")
        if turns == 1:
            a(f"mov {origin}, #0x80008000", "2^15 each")
        else:
            # The counter of turns is part of the lanes' origin: below 0 as long as the upper lane's is above 2^15.
            word = ((0x8000 + 2 * (turns - 1)) << 16) | (0x8000 + turns - 1)
            a(
                f"ldr {origin}, =0x{word:08x}",
                f"low 2^15 + {turns - 1}; high 2^15 + {2 * (turns - 1)}, less by 2 each turn: on average the same",
            )
        a(f"add {first.both}, {first.high}, {first.high}, lsl #16")
        for pair in pairs[1:]:
            a(f"mov {pair.both}, {first.both}")
            a(f"mov {pair.high}, {first.high}")
        if turns == 1:
            self.blocks(block, unrolled, pairs, origin)
        else:
            with a.loop(f"{unrolled * block} of {self.shape.depth} channels") as again:
                self.blocks(block, unrolled, pairs, origin)
                a(
                    f"subs {origin}, {origin}, #0x20000",
                    "the high one less by 2: below 2^15, thus not negative, after the last turn",
                )
                a(f"bmi {again}")
        a.drop(origin)

    def blocks(self, block: int, count: int, pairs: list[_Pair], origin: Register) -> None:
        """Blocks of channels one after the other."""
        for number in range(count):
            if count > 1:
                self.a.note(f"block {number + 1} of {count}, {block} channels")
            if len(pairs) == 2:
                self.block_of_two_pairs(block, pairs, origin)
            else:
                self.block_of_one_pair(block, pairs[0], origin)

    def block_of_two_pairs(self, block: int, pairs: list[_Pair], origin: Register) -> None:
        """A block of four pixels: products in lanes, which then join the sums."""
        a, stream, columns = self.a, self.stream, self.columns
        lanes = a.hold("r2", "lanes of pixels 0 and 1"), a.hold("r3", "lanes of pixels 2 and 3")
        with a.holding(r4="pixels 0 and 1", r5="pixels 2 and 3", r6="weight", r7="next weight") as (p, q, w, v):
            a(f"ldmia {columns}!, {{{lanes[0]}-{q}}}", "first the pixels, of two channels")
            a(f"ldrsb {w}, [{stream}], #1")
            a(f"ldrsb {v}, [{stream}], #1")
            a(f"mla {lanes[0]}, {w}, {lanes[0]}, {origin}", "lanes = weight * pixels + origin")
            a(f"mla {lanes[1]}, {w}, {lanes[1]}, {origin}")
            a(f"mla {lanes[0]}, {v}, {p}, {lanes[0]}", "lanes += weight * pixels")
            a(f"mla {lanes[1]}, {v}, {q}, {lanes[1]}")
            if block == 4:
                a(f"ldrsb {w}, [{stream}], #1")
                a(f"ldrsb {v}, [{stream}], #1")
                for weight in (w, v):
                    a(f"ldmia {columns}!, {{{p}, {q}}}")
                    a(f"mla {lanes[0]}, {weight}, {p}, {lanes[0]}")
                    a(f"mla {lanes[1]}, {weight}, {q}, {lanes[1]}")
        for pair, lane in zip(pairs, lanes, strict=True):
            self.add_lanes(pair, lane)

    def block_of_one_pair(self, block: int, pair: _Pair, origin: Register) -> None:
        """A block of two pixels, whose columns stand beside those of two more."""
        a = self.a
        lanes = a.hold("r3", "lanes of pixels 0 and 1")
        with a.holding(r2="pixels 0 and 1", r6="weight") as (pixels, weight):
            for k in range(block):
                a(f"ldr {pixels}, [{self.columns}], #8")
                a(f"ldrsb {weight}, [{self.stream}], #1")
                a(
                    f"mla {lanes}, {weight}, {pixels}, {lanes if k else origin}",
                    "lanes += weight * pixels, from origin on",
                )
        self.add_lanes(pair, lanes)

    def add_lanes(self, pair: _Pair, lanes: Register) -> None:
        """Before a lane can overflow, it joins its sum."""
        self.a(f"add {pair.both}, {pair.both}, {lanes}")
        self.a(f"add {pair.high}, {pair.high}, {lanes}, lsr #16")
        self.a.drop(lanes)

    def end(self, pairs: list[_Pair], pixels: int) -> None:
        """Requantizes and stores the tile's pixels; after a whole tile the output is at the next."""
        a, shape = self.a, self.shape
        sums = []
        for number, pair in enumerate(pairs):
            low = a.becomes(pair.both, f"sum of pixel {2 * number}")
            a(f"sub {low}, {low}, {pair.high}, lsl #16", "without the high lanes' sum")
            sums += [low, pair.high]
        (self.two_lines if shape.two_lines else self.one_line)(sums[:pixels])
        for pixel, value in enumerate(sums[:pixels]):
            if pixel:
                a(f"strb {value}, [{self.row}, #{pixel * shape.x_stride}]")
        step = 4 * shape.x_stride
        if pixels == 4 and step < 256:
            a(f"strb {sums[0]}, [{self.row}], #{step}")
        else:
            a(f"strb {sums[0]}, [{self.row}]")
            if pixels == 4:
                a(f"addw {self.row}, {self.row}, #{step}", "the next tile")
        a.drop(*sums)

    def one_line(self, sums: list[Register]) -> None:
        """output = saturated(((sum * multiplier >> 32) + addend) >> shift)."""
        a, shape = self.a, self.shape
        with a.holding(r3="addend * 2^16, flag", r2="multiplier", r4="low half, not needed") as (
            addend,
            multiplier,
            low,
        ):
            a(f"ldrd {addend}, {multiplier}, [{self.stream}, #-{self.row_bytes}]", _BEGIN)
            for value in sums:
                a(f"smull {low}, {value}, {value}, {multiplier}", "sum * multiplier / 2^32")
            for value in sums:
                a(f"add {value}, {value}, {addend}, asr #16", "+ addend")
        for value in sums:
            a(saturate(shape.saturate, value, shape.shift), f"/ 2^{shape.shift}, as a byte")

    def two_lines(self, sums: list[Register]) -> None:
        """The same where a sum's sign decides what is added to the product."""
        a, shape = self.a, self.shape
        assert shape.zero_point is not None
        centre = (2 * shape.zero_point + 1) << (shape.shift - 1)
        meanings = {"r3": "half, flag", "r2": "multiplier", "r4": "product, low half", "r5": "product, high half"}
        with a.holding(**meanings) as (half, multiplier, low, high):
            a(f"ldrd {half}, {multiplier}, [{self.stream}, #-{self.row_bytes}]", _BEGIN)
            for value in sums:
                a(f"asr {high}, {value}, #31", "the sum's sign")
                a(f"eor {low}, {high}, {half}", "half, or its complement below 0")
                a(f"smlal {low}, {high}, {value}, {multiplier}", "+ sum * multiplier")
                step = "add" if centre > 0 else "sub"
                a(f"{step} {a.anew(value)}, {high}, #{abs(centre)}", "the zero point and a half")
                a(saturate(shape.saturate, value, shape.shift), f"/ 2^{shape.shift}, as a byte")


def saturate(instruction: str, register: Register, shift: int) -> str:
    """The instruction that shifts a register and saturates it to a byte."""
    return f"{instruction} {register}, #8, {register}" + (f", asr #{shift}" if shift else "")
