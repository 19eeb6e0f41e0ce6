"""The matrix kernel of packed pixels in assembly for Armv6-M (Cortex-M0+): a function with literal shapes.

Only r0-r7 take part in most instructions and most branches reach 256 bytes. The rest as in `armv7m.py`.
"""

from __future__ import annotations

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.assembly_text import Label
from mcugen.kernels.packed.armv6m_literal import literal
from mcugen.kernels.packed.armv6m_outputs import Outputs
from mcugen.kernels.packed.shapes import PackedMatrix

# A branch on a condition reaches over so many words of weights.
_UNROLLED_WORDS = 3
# So many are worth a branch into the first turn.
_MANY_WORDS = 16


def header_words(shape: PackedMatrix) -> int:
    """Words in front of a channel's weights: where steps lie on two lines their distance, then both halves of the
    multiplier, the addend, the limit, the start of the sums."""
    return 5 if shape.two_lines else 4


def lane_origins(depth: int, block: int) -> int:
    """What the lanes' origins, 2^15 each, add up to in a sum."""
    return depth // block * 0x8000


def word_loop(depth: int) -> tuple[int, int]:
    """(words of four weights in a turn, turns) of the sum over a column. The first turn may have fewer words."""
    words = depth // 4
    if words <= 4:
        return words, 1
    unrolled = _UNROLLED_WORDS if words >= _MANY_WORDS else next(u for u in (3, 2, 1) if words % u == 0)
    return unrolled, -(-words // unrolled)


def matrix(shape: PackedMatrix) -> tuple[str, ...]:
    """Lines of the function that takes stream, columns and output row."""
    return _Matrix(shape).a.lines()


class _Matrix:
    """The function being written. Registers that hold the same all the time are its attributes.

    both: sums of two neighbouring pixels, that of the low lanes with 2^16 times that of the high ones. high: those of
    the high lanes alone.
    """

    def __init__(self, shape: PackedMatrix) -> None:
        self.shape = shape
        self.row_bytes = shape.depth + 4 * header_words(shape)
        # From a channel's begin in the stream to the start of its sums, the last word before its weights.
        self.before_start = 4 * (header_words(shape) - 1)
        self.a = a = Assembly("armv6-m", "stream", "columns", "output row")
        self.stream, columns, row = a.arguments
        self.frame = frame = a.enter(
            28,
            channel="this channel in the stream",
            columns="columns",
            output="output",
            tiles_end="end of the tiles in the channel's output row",
            next_row="next channel's output row",
            stream_end="end of the stream",
            place="place in the columns",
        )
        a(f"str {columns}, {frame.columns}")
        a(f"str {row}, {frame.next_row}")
        a.drop(columns, row)
        stream_bytes, begin = a.label("bytes of the stream"), a.label("begin")
        with a.holding(r3="end of the stream") as (end,):
            a(f"ldr {end}, {stream_bytes}")
            a(f"adds {end}, {end}, {self.stream}")
            a(f"str {end}, {frame.stream_end}")
        with a.holding(r3="origin of the low lane", r4="of the high lane") as (low, high):
            a(f"movs {low}, #128", "2^7")
            a(f"lsls {low}, {low}, #8", "2^15")
            a(f"lsls {high}, {low}, #16", "2^31")
            a(f"adds {low}, {low}, {high}")
            self.origin = a.hold("r12", "where both lanes begin, 2^15 each")
            a(f"mov {self.origin}, {low}")
        # Where the sum over a column is no loop, its end is not looked for.
        self.loops = word_loop(shape.depth)[1] > 1
        self.end = a.hold("lr", "end of the channel's weights" if self.loops else "end of the tiles")
        self.sums = [
            (a.hold("r8", "sums of pixels 0 and 1, low + 2^16 * high"), a.hold("r9", "sum of pixel 1, high")),
            (a.hold("r10", "sums of pixels 2 and 3, low + 2^16 * high"), a.hold("r11", "sum of pixel 3, high")),
        ]
        self.outputs = Outputs(a, shape, frame, self.sums)
        a(f"b {begin}")
        a.directive(".align 2")
        a.place(stream_bytes)
        a.directive(f".word {shape.channels * self.row_bytes}")
        a.place(begin)
        with a.loop("an output channel") as next_channel:
            self.channel(next_channel)
        a.leave()

    def channel(self, next_channel: Label) -> None:
        """One output channel; then back to the label, if it was not the last."""
        a, shape, stream, frame = self.a, self.shape, self.stream, self.frame
        self.begin_channel()
        last, back = a.label("after the last channel"), next_channel
        if len(shape.blocks) == 1:
            a(f"adds {stream}, #{self.before_start}", "the start of the sums")
            self.pixels(shape.blocks[0])
        else:
            of_two, of_four = a.label("blocks of two channels"), a.label("blocks of four channels")
            complete = a.label("all pixels")
            with a.holding(r3="addend; bit 31: blocks are of two channels") as (flag,):
                a(f"ldr {flag}, [{stream}, #{self.before_start - 8}]")
                a(f"adds {stream}, #{self.before_start}", "the start of the sums")
                a(f"cmp {flag}, #0")
            a(f"bpl {of_four}")
            a(f"b {of_two}")
            a.place(of_four)
            self.pixels(4)
            # From the end of the function the begin is out of reach.
            a(f"b {complete}")
            back = a.place(a.label("on the way back to the next channel"))
            a(f"b {next_channel}")
            a.place(of_two)
            self.pixels(2)
            a.place(complete)
        a.drop(self.columns)
        stream = self.stream
        a(f"ldr {stream}, {frame.channel}")
        with a.holding(r3="bytes of a channel") as (step,):
            literal(a, step, self.row_bytes)
            a(f"adds {stream}, {stream}, {step}")
        with a.holding(r3="end of the stream") as (end,):
            a(f"ldr {end}, {frame.stream_end}")
            a(f"cmp {stream}, {end}")
        a(f"beq {last}")
        a(f"b {back}")
        a.place(last)

    def begin_channel(self) -> None:
        """Takes down where outputs and weights begin and end."""
        a, shape, frame = self.a, self.shape, self.frame
        a(f"str {self.stream}, {frame.channel}")
        with a.holding(r2="output row") as (row,):
            a(f"ldr {row}, {frame.next_row}")
            a(f"str {row}, {frame.output}")
            if shape.tiles:
                with a.holding(r3="end of the tiles") as (end,):
                    literal(a, end, 4 * shape.tiles * shape.x_stride, "their bytes")
                    a(f"adds {end}, {end}, {row}")
                    a(f"str {end}, {frame.tiles_end}" if self.loops else f"mov {self.end}, {end}")
            with a.holding(r3="bytes from channel to channel") as (step,):
                literal(a, step, shape.channel_stride)
                a(f"adds {row}, {row}, {step}")
            a(f"str {row}, {frame.next_row}")
        self.columns = a.hold("r1", "columns")
        a(f"ldr {self.columns}, {frame.columns}")
        if self.loops:
            with a.holding(r3="end of the weights") as (end,):
                literal(a, end, self.row_bytes, "bytes of a channel")
                a(f"adds {end}, {end}, {self.stream}")
                a(f"mov {self.end}, {end}")

    def to_start(self) -> None:
        """From anywhere to the start of the channel's sums."""
        self.a(f"ldr {self.stream}, {self.frame.channel}")
        self.a(f"adds {self.stream}, #{self.before_start}", "the start of the sums")

    def pixels(self, block: int) -> None:
        """All pixels of one output channel."""
        a, shape, frame = self.a, self.shape, self.frame
        if shape.tiles:
            complete = a.label("after the tiles")
            with a.loop("four pixels") as next_tile:
                self.sum(block, 2)
                output, self.columns, outside = self.outputs.store(4, self.stream, self.columns)
                with a.holding(r3="bytes from pixel to pixel") as (step,):
                    literal(a, step, shape.x_stride)
                    a(f"adds {output}, {output}, {step}")
                a(f"str {output}, {frame.output}")
                if self.loops:
                    with a.holding(r3="end of the tiles") as (end,):
                        a(f"ldr {end}, {frame.tiles_end}")
                        a(f"cmp {output}, {end}")
                else:
                    a(f"cmp {output}, {self.end}")
                a(f"beq {complete}")
                self.stream = a.becomes(output, "stream")
                self.to_start()
                a(f"b {next_tile}")
            self.outputs.ends_of_range(outside)
            a.place(complete)
        if shape.rest:
            if shape.tiles:
                self.to_start()
            complete = a.label("after the last pixels")
            self.sum(block, 1 if shape.rest <= 2 else 2)
            output, self.columns, outside = self.outputs.store(shape.rest, self.stream, self.columns)
            a(f"b {complete}")
            self.outputs.ends_of_range(outside)
            a.place(complete)
            self.stream = a.becomes(output, "stream")

    def sum(self, block: int, pairs: int) -> None:
        """Adds the products of a column's channels for two or four pixels."""
        a = self.a
        unrolled, turns = word_loop(self.shape.depth)
        with a.holding(r2="start of the sums", r3="start * (2^16 + 1)") as (start, twice):
            a(f"ldmia {self.stream}!, {{{start}}}")
            a(f"mov {self.sums[0][1]}, {start}")
            a(f"lsls {twice}, {start}, #16")
            a(f"adds {twice}, {twice}, {start}")
            a(f"mov {self.sums[0][0]}, {twice}")
            if pairs == 2:
                a(f"mov {self.sums[1][1]}, {start}")
                a(f"mov {self.sums[1][0]}, {twice}")
        if turns == 1:
            return self.words(block, unrolled, pairs)
        left_out = unrolled * turns - self.shape.depth // 4
        first = a.label("the first word") if left_out else None
        if first:
            a(f"b {first}")
        with a.loop(f"{4 * unrolled} of {self.shape.depth} channels") as again:
            self.words(block, unrolled, pairs, first, left_out)
            a(f"cmp {self.stream}, {self.end}")
            a(f"bne {again}")
        return None

    def words(self, block: int, count: int, pairs: int, first: Label | None = None, left_out: int = 0) -> None:
        """Words of weights one after the other, each of four channels. first: the label of that with which the first
        turn begins. left_out: words before it."""
        a = self.a
        lanes = [a.hold(f"r{2 + i}", f"lanes of pixels {2 * i} and {2 * i + 1}") for i in range(pairs)]
        more = [a.hold(f"r{4 + i}", f"pixels {2 * i} and {2 * i + 1}, products") for i in range(pairs)]
        with a.holding(r6="four weights, then the last", r7="weight") as (weights, weight):
            for number in range(count):
                if first and number == left_out:
                    a.place(first)
                a.note(f"word {number + 1} of {count}")
                a(f"ldmia {self.stream}!, {{{weights}}}")
                for k in range(4):
                    factor = weight if k < 3 else weights
                    if k < 3:
                        a(f"sxtb {weight}, {weights}")
                        a(f"asrs {weights}, {weights}, #8", "the next weight")
                    if pairs == 2 and k % block == 0:
                        a(f"ldmia {self.columns}!, {{{lanes[0]}-{more[1]}}}", "pixels of two channels")
                    loaded = pairs == 2 and k % block < 2
                    self.multiply(k, factor, more if k % block else lanes, loaded=loaded)
                    if k % block:
                        for lane, product in zip(lanes, more, strict=True):
                            a(f"adds {lane}, {lane}, {product}")
                    if k % block == block - 1:
                        for lane, (both, high) in zip(lanes, self.sums, strict=False):
                            self.add_lanes(lane, both, high)
                if pairs == 1:
                    a(f"adds {self.columns}, #32", "the next four channels")
        a.drop(*lanes, *more)

    def multiply(self, channel: int, weight: Register, products: list[Register], *, loaded: bool) -> None:
        """The products of a channel, of two pixels each. loaded: the registers hold the pixels."""
        a = self.a
        if loaded:
            pass
        elif len(products) == 2:
            a(f"ldmia {self.columns}!, {{{products[0]}, {products[1]}}}")
        else:
            a(f"ldr {products[0]}, [{self.columns}, #{8 * channel}]")
        for product in products:
            a(f"muls {product}, {weight}", "weight * pixels")

    def add_lanes(self, lanes: Register, both: Register, high: Register) -> None:
        """Before a lane can overflow, it joins its sum."""
        self.a(f"add {lanes}, {self.origin}")
        self.a(f"add {both}, {lanes}")
        self.a(f"lsrs {lanes}, {lanes}, #16", "the high lane")
        self.a(f"add {high}, {lanes}")
