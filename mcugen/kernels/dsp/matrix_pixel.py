"""The DSP matrix kernel of one pixel in assembly: up to four output channels at a time, 8-bit weights and columns.

`one_pixel.py` says how two channels share a word of weights, `tables.py` describes the stream. Four values of the
column are one load and two SXTB16. Single loads with immediate offsets stand side by side, which takes the fewest
cycles on all cores; the last one of each pointer moves it on, so that pointers are at the last word that was loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.dsp.shapes import DspMatrixPixel
from mcugen.kernels.dsp.steps import matrix_end, store

# Registers that have 16-bit encodings hold what is loaded.
_WEIGHTS = ("r2", "r3", "r4", "r5")
_VALUES = ("r6", "r7")
_SUMS = ("r8", "r9", "r10", "r11")
_COUNTS = ("first", "second", "third", "fourth")
_HALVES = ("values 0 and 2", "values 1 and 3")
_START = "where the sum starts"


def matrix_pixel(shape: DspMatrixPixel) -> tuple[str, ...]:
    """Lines of the function that takes stream, columns, output and words that its caller has for it."""
    return _Pixel(shape).a.lines()


class _Pixel:
    """The function being written."""

    def __init__(self, shape: DspMatrixPixel) -> None:
        self.shape = shape
        self.a = a = Assembly("armv7-m", "stream", "columns", "output", "shape")
        self.stream, columns, output, given = a.arguments
        self.frame = frame = a.enter(
            12,
            columns="the word before the columns",
            weights="bytes of the weights in quads",
            stream_end="end of the stream",
        )
        with a.holding(r4="bytes of the weights in quads", r5="bytes of the stream") as (weights, end):
            a(f"ldrd {weights}, {end}, [{given}]")
            end = a.becomes(end, "end of the stream")
            a(f"add {end}, {self.stream}")
            a(f"sub {columns}, #4", "pointers are at the last word that was loaded")
            a(f"stm sp, {{{columns}, {weights}, {end}}}")
        a.drop(given, columns)
        self.output = a.hold("lr", "output")
        a(f"mov {self.output}, {output}")
        a.drop(output)
        channels = f"{shape.rows} output channels" if shape.rows > 1 else "an output channel"
        with a.loop(channels) as again:
            self.tile()
            with a.holding(r2="end of the stream") as (end,):
                a(f"ldr {end}, {frame.stream_end}")
                a(f"cmp {self.stream}, {end}")
            a(f"bne {again}")
        a.leave()

    def tile(self) -> None:
        """The outputs of some channels."""
        a, shape = self.a, self.shape
        sums = self.begin()
        self.columns = a.hold("r1", "columns")
        a(f"ldr {self.columns}, {self.frame.columns}")
        if shape.loop:
            self.end = a.hold("r12", "end of the weights in quads")
            a(f"ldr {self.end}, {self.frame.weights}")
            a(f"add {self.end}, {self.stream}")
        for low in sums[::2]:
            a(f"mov {low}, #0")
        self.quads(sums)
        tail_bytes = self.tail(sums) if shape.tail else 0
        a.drop(self.columns)
        self.part(sums, 4 + tail_bytes)
        for first in range(0, shape.rows, 2):
            pair = [[total] for total in sums[first : first + 2]]
            matrix_end(a, self.stream, pair, shape.form, shape.saturate, shape.shift, _WEIGHTS)
        for total in sums:
            store(a, total, self.output, 1)
        a.drop(*sums)

    def begin(self) -> list[Register]:
        """The sums of all channels, of which the high ones have their starts."""
        a = self.a
        sums = [
            a.hold(name, f"sum of the {which} channel{' * 256 + of the one before' if i % 2 else ''}")
            for i, (name, which) in enumerate(zip(_SUMS[: self.shape.rows], _COUNTS, strict=False))
        ]
        high = sums[1::2]
        for total in high[:-1]:
            a(f"ldr {total}, [{self.stream}], #4", _START)
        if high:
            a(f"ldr {high[-1]}, [{self.stream}]", _START)
        else:
            a(f"subs {self.stream}, #4", "the word before the weights")
        return sums

    def quads(self, sums: Sequence[Register]) -> None:
        """Adds the products of all whole quads."""
        a, shape = self.a, self.shape
        if shape.peel:
            self.run(sums, shape.peel)
        if shape.loop:
            with a.loop(f"{shape.loop} quads of the column") as again:
                self.run(sums, shape.loop)
                a(f"cmp {self.stream}, {self.end}")
                a(f"bne {again}")
            a.drop(self.end)

    def run(self, sums: Sequence[Register], quads: int) -> None:
        """Some quads one after the other, behind which both pointers go on."""
        a, weight_bytes = self.a, 4 * self.shape.words(4)
        for number in range(quads):
            moves = number == quads - 1
            even, odd = a.hold("r6", "four values of the column"), a.hold("r7", "values 1 and 3")
            a(f"ldr {even}, [{self.columns}, #{4 * number + 4}]{'!' if moves else ''}")
            weights = self.load(4, weight_bytes * number + 4, moves=moves)
            a(f"sxtb16 {odd}, {even}, ror #8")
            even = a.becomes(even, "values 0 and 2")
            a(f"sxtb16 {even}, {even}")
            self.products(sums, weights, [odd, even])
            a.drop(even, odd, *weights)

    def tail(self, sums: Sequence[Register]) -> int:
        """Adds the products of the last values, which are fewer than four; bytes of their weights."""
        a, values = self.a, self.shape.tail
        even = a.hold("r6", "value 0")
        a(f"ldrsb {even}, [{self.columns}, #4]", "values behind the quads")
        both = [even]
        if values > 1:
            both = [a.hold("r7", "value 1"), even]
            a(f"ldrsb {both[0]}, [{self.columns}, #5]")
        weights = self.load(values, 4)
        if values > 2:
            with a.holding(r12="value 2") as (third,):
                a(f"ldrsb {third}, [{self.columns}, #6]")
                a(f"pkhbt {even}, {even}, {third}, lsl #16", "values 0 and 2")
        self.products(sums, weights, both)
        a.drop(*both, *weights)
        return 4 * self.shape.words(values)

    def load(self, values: int, at: int, *, moves: bool = False) -> list[Register]:
        """The weights of so many values. at: bytes from the pointer. moves: it goes on to the last word."""
        a, shape = self.a, self.shape
        meanings = [f"weights of pair {pair + 1}, {which}" for pair in range(shape.pairs) for which in _HALVES[:values]]
        meanings += [f"weights of the {_COUNTS[shape.rows - 1]} channel"] * shape.single
        weights = [a.hold(name, meaning) for name, meaning in zip(_WEIGHTS, meanings, strict=False)]
        for i, weight in enumerate(weights):
            back = "!" if moves and weight is weights[-1] else ""
            a(f"ldr {weight}, [{self.stream}, #{at + 4 * i}]{back}")
        return weights

    def products(self, sums: Sequence[Register], weights: Sequence[Register], values: Sequence[Register]) -> None:
        """Adds to each sum. values: the odd ones, if there are any, and the even ones."""
        a, shape, halves = self.a, self.shape, len(values)
        pairs = [weights[halves * pair : halves * (pair + 1)][::-1] for pair in range(shape.pairs)]
        for pair, words in enumerate(pairs):
            for word, value in zip(words, values, strict=True):
                high = sums[2 * pair + 1]
                a(f"smlad {high}, {word}, {value}, {high}", "both channels' products")
                a(f"sxtb16 {word}, {word}", "the low channel's weights")
        single: list[Register] = []
        if shape.single:
            word = weights[-1]
            if halves > 1:
                single.append(a.hold("r5", "weights 1 and 3"))
                a(f"sxtb16 {single[0]}, {word}, ror #8")
            a(f"sxtb16 {word}, {word}")
            single.append(word)
        for pair, words in enumerate([*pairs, *[single] * shape.single]):
            for word, value in zip(words, values, strict=True):
                low = sums[2 * pair]
                a(f"smlad {low}, {word}, {value}, {low}", "sum += two weights . two values")
        a.drop(*single[:-1])

    def part(self, sums: Sequence[Register], at: int) -> None:
        """From the sums of pairs to those of each channel, 256-fold. at: of the low channels' starts."""
        a = self.a
        lows = sums[::2]
        starts = [
            a.hold(name, f"start of the {_COUNTS[2 * i]} channel") for i, name in enumerate(_WEIGHTS[: len(lows)])
        ]
        for i, start in enumerate(starts):
            a(f"ldr {start}, [{self.stream}, #{at + 4 * i}]")
        a(f"adds {self.stream}, #{at + 4 * len(starts)}", "behind the starts: the constants of the end")
        for low, high in zip(lows, sums[1::2], strict=False):
            a(f"sub {high}, {high}, {low}", "the high channel's alone")
        for low, start in zip(lows, starts, strict=True):
            a(f"add {low}, {start}, {low}, lsl #8", "256-fold")
        a.drop(*starts)
