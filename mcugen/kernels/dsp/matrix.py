"""The DSP matrix kernel in assembly: two output channels by up to three pixels, 8-bit weights, 16-bit columns.

`select.py` describes the columns, `tables.py` the stream. Byte j of quad q weighs channels 2q, 2q+1, 2q+depth/2,
2q+1+depth/2 for j = 0 .. 3: SXTB16 widens two of them, SMLAD multiplies both with a word of a column.

Paired weights need half as many SXTB16: word j weighs channels j and j+depth/2, in each half of it by low + 256 * high
for the first and the second output channel. SMLAD with the word as it is gives the sum of both channels' products, with
its sign-extended low bytes the first one's; the difference is the second one's, 256-fold, as in `one_pixel.py`. Where
rows have tiles of two, too, the words of two pairs alternate, as `matrix_four.py` wants them: the kernel is called for
the first pairs of each two, and then for the others.
"""

from __future__ import annotations

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.dsp.shapes import DspMatrix
from mcugen.kernels.dsp.steps import matrix_end, store

# What is loaded has registers with 16-bit encodings: a word of each pixel's column, and four weights of both channels.
_COLUMNS = ("r2", "r3", "r4")
_WEIGHTS = ("r5", "r6")
_CONSTANTS = ("r2", "r3", "r4", "r5")
# Sums of both channels, by pixels at a time.
_SUMS = {
    3: (("r8", "r9", "r10"), ("r11", "r12", "lr")),
    2: (("r8", "r9"), ("r10", "r11")),
    1: (("r8",), ("r9",)),
}
_CHANNELS = ("first", "second")


def matrix(shape: DspMatrix) -> tuple[str, ...]:
    """Lines of the function that takes stream, columns, output row and words that its caller has for it."""
    return _Matrix(shape).a.lines()


class _Matrix:
    """The function being written."""

    def __init__(self, shape: DspMatrix) -> None:
        self.shape = shape
        # Bytes from word to word of the stream.
        self.step = 8 if shape.alternates else 4
        # Whether columns are loaded one by one, behind weights: on a Cortex-M4 a load behind another takes one cycle,
        # but two behind LDM or LDRD.
        self.one_by_one = shape.paired and shape.pixels == 3
        # LDRD has no words that stand apart.
        assert self.one_by_one or not shape.alternates
        self.a = a = Assembly("armv7-m", "stream", "columns", "output row", "shape")
        self.stream, self.columns, row, given = a.arguments
        self.frame = frame = a.enter(
            40,
            first_row="output of the first channel",
            second_row="output of the second channel",
            first_end="end of the first channel's output",
            pair="the pair of channels in the stream",
            weights_end="end of its weights",
            columns="columns",
            stream_end="end of the stream",
            channel_stride="bytes from channel to channel of the output",
            row_bytes="bytes of a channel's output row",
            pair_bytes="bytes of the starts and weights of a pair",
        )
        meanings = {
            "r4": "channel stride",
            "r5": "bytes of a row",
            "r6": "bytes of a pair",
            "r7": "bytes of the stream",
        }
        with a.holding(**meanings) as (stride, row_bytes, pair_bytes, end):
            a(f"ldm {given}, {{{stride}-{end}}}")
            end = a.becomes(end, "end of the stream")
            a(f"add {end}, {self.stream}")
            if self.one_by_one:
                a(f"subs {self.columns}, #4", "it is at the last word that was loaded")
            a(f"strd {self.columns}, {end}, {frame.columns}")
            a(f"strd {stride}, {row_bytes}, {frame.channel_stride}")
            a(f"str {pair_bytes}, {frame.pair_bytes}")
        a.drop(given)
        with a.loop("a pair of output channels") as next_pair:
            self.begin_pair(row)
            pixels = f"{shape.pixels} pixel{'s' if shape.pixels > 1 else ''}"
            with a.loop(pixels) as next_pixels:
                second = self.pixels()
                a(f"bne {next_pixels}")
            row = a.hold("r2", "output row")
            with a.holding(r3="bytes of a row", r4="end of the stream") as (row_bytes, end):
                a(f"ldrd {row}, {row_bytes}, {frame.channel_stride}")
                a(f"ldr {end}, {frame.stream_end}")
                if shape.alternates:
                    a(f"add {row}, {row}, {row}, lsl #1", "past the two channels between")
                a(f"add {row}, {second}", "the next channel's end")
                a(f"subs {row}, {row_bytes}", "its begin")
                a(f"cmp {self.stream}, {end}")
            a(f"bne {next_pair}")
            a.drop(second)
        a.leave()

    def begin_pair(self, row: Register) -> None:
        """Takes down where the pair's outputs and weights begin and end."""
        a, frame = self.a, self.frame
        meanings = {"r4": "channel stride", "r5": "bytes of a row", "r6": "bytes of a pair"}
        with a.holding(r3="output of the second channel", **meanings) as (second, stride, row_bytes, pair_bytes):
            a(f"ldrd {stride}, {row_bytes}, {frame.channel_stride}")
            a(f"ldr {pair_bytes}, {frame.pair_bytes}")
            a(f"ldr {a.anew(self.columns)}, {frame.columns}")
            a(f"adds {second}, {row}, {stride}")
            row_end = a.becomes(stride, "end of the first's")
            a(f"adds {row_end}, {row}, {row_bytes}")
            weights_end = a.becomes(pair_bytes, "end of the weights")
            a(f"adds {weights_end}, {self.stream}, {weights_end}")
            pair = a.becomes(row_bytes, "the pair")
            a(f"mov {pair}, {self.stream}")
            a(f"stm sp, {{{row}-{weights_end}}}")
        a.drop(row)

    def pixels(self) -> Register:
        """Some pixels of the pair, from columns to outputs. The second channel's output; flags: the row is complete."""
        a, shape, frame = self.a, self.shape, self.frame
        both = " * 256 + of the first" if shape.paired else ""
        sums = [
            [a.hold(name, f"sum of pixel {i}, {which} channel{more}") for i, name in enumerate(names)]
            for names, which, more in zip(_SUMS[shape.pixels], _CHANNELS, ("", both), strict=True)
        ]
        a(f"ldr {a.anew(self.stream)}, {frame.pair}")
        self.sum(sums)
        if shape.paired:
            self.part(sums)
        matrix_end(a, self.stream, sums, shape.form, shape.saturate, shape.shift, _CONSTANTS, self.step)
        meanings = {
            "r5": "output of the first channel",
            "r6": "output of the second channel",
            "r7": "end of the first's",
        }
        first, second, end = (a.hold(name, meaning) for name, meaning in meanings.items())
        a(f"ldm sp, {{{first}, {second}, {end}}}")
        for row, totals in zip((first, second), sums, strict=True):
            for total in totals:
                store(a, total, row, shape.x_stride)
            a.drop(*totals)
        a(f"cmp {first}, {end}")
        a(f"str {first}, {frame.first_row}")
        a(f"str {second}, {frame.second_row}")
        a.drop(first, end)
        return second

    def sum(self, sums: list[list[Register]]) -> None:
        """Adds the products of all quads."""
        a, shape = self.a, self.shape
        meanings = [f"four weights of the {which} channel" for which in _CHANNELS]
        if shape.paired:
            meanings = [f"two weights of both channels, {which}" for which in ("even", "odd")]
        weights = [a.hold(name, meaning) for name, meaning in zip(_WEIGHTS, meanings, strict=True)]
        columns = [a.hold(_COLUMNS[i], f"two channels of pixel {i}") for i in range(shape.pixels)]
        a.note("quad 0; neighbouring single loads take fewer cycles than LDRD and LDM")
        for totals in sums[1:] if shape.paired else sums:
            a(f"ldr {totals[-1]}, [{self.stream}], #{self.step}", "the start of the channel's sums")
        for weight in weights:
            a(f"ldr {weight}, [{self.stream}], #{self.step}")
        if self.one_by_one:
            self.load_columns(columns, 0)
        else:
            for column in columns:
                a(f"ldr {column}, [{self.columns}], #4")
        self.products(sums, weights, columns, 0, from_start=True)
        self.half(sums, weights, columns, 1)
        for number in range(shape.peel):
            a.note(f"quad {number + 1}")
            self.quad(sums, weights, columns)
        if shape.loop:
            with a.loop(f"{shape.loop} quads") as again:
                for _ in range(shape.loop):
                    self.quad(sums, weights, columns)
                end = a.becomes(weights[0], "end of the pair's weights")
                a(f"ldr {end}, {self.frame.weights_end}")
                a(f"cmp {self.stream}, {end}")
                a(f"bne {again}")
                weights[0] = end
        a.drop(*weights, *columns)

    def quad(self, sums: list[list[Register]], weights: list[Register], columns: list[Register]) -> None:
        """Four weights of each channel."""
        if self.one_by_one:
            for which, weight in enumerate(weights):
                self.a(f"ldr {weight}, [{self.stream}], #{self.step}")
                self.half(sums, weights, columns, which)
            return
        self.a(f"ldrd {weights[0]}, {weights[1]}, [{self.stream}], #8")
        self.half(sums, weights, columns, 0)
        self.half(sums, weights, columns, 1)

    def half(self, sums: list[list[Register]], weights: list[Register], columns: list[Register], which: int) -> None:
        """Two of four weights of each channel, the first two or the others."""
        a = self.a
        if self.one_by_one:
            self.load_columns(columns, which)
        elif len(columns) == 1:
            a(f"ldr {columns[0]}, [{self.columns}], #4")
        else:
            a(f"ldm {self.columns}!, {{{', '.join(map(str, columns))}}}")
        self.products(sums, weights, columns, which)

    def load_columns(self, columns: list[Register], which: int) -> None:
        """A word of each pixel one by one. The pointer goes on behind both halves of a quad."""
        for i, column in enumerate(columns):
            number = len(columns) * which + i + 1
            moves = "!" if number == 2 * len(columns) else ""
            self.a(f"ldr {column}, [{self.columns}, #{4 * number}]{moves}")

    def products(
        self,
        sums: list[list[Register]],
        weights: list[Register],
        columns: list[Register],
        which: int,
        *,
        from_start: bool = False,
    ) -> None:
        """Adds two products to each sum. from_start: the last of a channel's sums is where all begin."""
        a = self.a
        if self.shape.paired:
            self.paired_products(sums, weights[which], columns, from_start=from_start)
            return
        rotate = ", ror #8" if which else ""
        with a.holding(r7="two weights as 16 bits") as (pair,):
            for weight, totals in zip(weights, sums, strict=True):
                a(f"sxtb16 {pair}, {weight}{rotate}")
                for total, column in zip(totals, columns, strict=True):
                    before = totals[-1] if from_start else total
                    a(f"smlad {total}, {pair}, {column}, {before}", "sum += two weights . two channels")

    def paired_products(
        self, sums: list[list[Register]], word: Register, columns: list[Register], *, from_start: bool
    ) -> None:
        """The same where both channels' weights stand in one word."""
        a, (lows, highs) = self.a, sums
        with a.holding(r7="the first channel's weights") as (low_weights,):
            a(f"sxtb16 {low_weights}, {word}")
            for total, column in zip(highs, columns, strict=True):
                before = highs[-1] if from_start else total
                a(f"smlad {total}, {word}, {column}, {before}", "both channels' products")
            for total, column in zip(lows, columns, strict=True):
                if from_start:
                    a(f"smuad {total}, {low_weights}, {column}", "sum = two weights . two channels")
                else:
                    a(f"smlad {total}, {low_weights}, {column}, {total}", "sum += two weights . two channels")

    def part(self, sums: list[list[Register]]) -> None:
        """From the sums of a pair to those of each channel, 256-fold."""
        a, (lows, highs) = self.a, sums
        with a.holding(r2="start of the first channel's sums") as (start,):
            a(f"ldr {start}, [{self.stream}], #{self.step}")
            for low, high in zip(lows, highs, strict=True):
                a(f"sub {high}, {high}, {low}", "the second channel's alone")
            for low in lows:
                a(f"add {low}, {start}, {low}, lsl #8", "256-fold")
