"""The DSP matrix kernel in assembly of four output channels by two pixels, with paired weights and plain columns.

Two words of weights, of two channels each (`matrix.py`), meet a word of each pixel's column: eight SMLAD, two SXTB16
and four loads for sixteen products. Three pixels by two channels take four loads for twelve.

Single loads with immediate offsets stand side by side, as in `matrix_pixel.py`, and the last one of each pointer moves
it on: pointers are at the last word that was loaded. `tables.py` describes the stream, in which the words of two pairs
of channels alternate.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.dsp.shapes import END_CONSTANTS, DspMatrixFour
from mcugen.kernels.dsp.steps import saturate, signed_outputs

# What is loaded has registers with 16-bit encodings.
_WEIGHTS = ("r2", "r3")
_COLUMNS = ("r4", "r5")
_CONSTANTS = (*_WEIGHTS, *_COLUMNS)
# Of each channel, by pixel.
_SUMS = (("r6", "r7"), ("r8", "r9"), ("r10", "r11"), ("r12", "lr"))
_COUNTS = ("first", "second", "third", "fourth")
# Quads whose words are within the reach of loads of 16 bits.
_RUN = 8


def matrix_four(shape: DspMatrixFour) -> tuple[str, ...]:
    """Lines of the function that takes stream, columns, output row and words that its caller has for it."""
    return _Four(shape).a.lines()


class _Four:
    """The function being written."""

    def __init__(self, shape: DspMatrixFour) -> None:
        self.shape = shape
        self.a = a = Assembly("armv7-m", "stream", "columns", "output row", "shape")
        self.stream, self.columns, row, given = a.arguments
        self.frame = frame = a.enter(
            40,
            row="output of the first channel",
            row_end="end of the first channel's output",
            four="the four channels in the stream",
            weights_end="the last word of their weights",
            channel_stride="bytes from channel to channel of the output",
            row_bytes="bytes of a channel's output row",
            weight_bytes="bytes to the last word of the weights",
            stream_end="end of the stream",
            columns="the word before the columns",
        )
        meanings = {
            "r4": "channel stride",
            "r5": "bytes of a row",
            "r6": "bytes of the weights",
            "r7": "bytes of the stream",
        }
        with a.holding(**meanings) as (stride, row_bytes, weight_bytes, end):
            a(f"ldm {given}, {{{stride}-{end}}}")
            end = a.becomes(end, "end of the stream")
            a(f"add {end}, {self.stream}")
            a(f"subs {self.columns}, #4", "pointers are at the last word that was loaded")
            a(f"strd {stride}, {row_bytes}, {frame.channel_stride}")
            a(f"strd {weight_bytes}, {end}, {frame.weight_bytes}")
            a(f"str {self.columns}, {frame.columns}")
        a.drop(given)
        with a.loop("four output channels") as next_four:
            self.begin_four(row)
            with a.loop("2 pixels") as next_pixels:
                row = self.pixels()
                a(f"bne {next_pixels}")
            meanings = {"r3": "channel stride", "r4": "bytes of a row", "r5": "end of the stream"}
            with a.holding(**meanings) as (stride, row_bytes, end):
                a(f"ldr {stride}, {frame.channel_stride}")
                a(f"ldr {row_bytes}, {frame.row_bytes}")
                a(f"ldr {end}, {frame.stream_end}")
                a(f"ldr {a.anew(self.stream)}, {frame.weights_end}")
                a(f"subs {row}, {row_bytes}", "its begin")
                a(f"add {row}, {row}, {stride}, lsl #2", "four channels on")
                a(f"adds {self.stream}, #{12 + 16 * END_CONSTANTS[shape.form]}", "the next four")
                a(f"cmp {self.stream}, {end}")
            a(f"bne {next_four}")
            a.drop(row)
        a.leave()

    def begin_four(self, row: Register) -> None:
        """Takes down where the outputs and the weights of four channels begin and end."""
        a, frame = self.a, self.frame
        with a.holding(r3="bytes of a row", r4="bytes of the weights") as (row_bytes, weight_bytes):
            a(f"ldr {row_bytes}, {frame.row_bytes}")
            a(f"ldr {weight_bytes}, {frame.weight_bytes}")
            a(f"ldr {a.anew(self.columns)}, {frame.columns}")
            row_end = a.becomes(row_bytes, "end of the first's output")
            a(f"adds {row_end}, {row}, {row_end}")
            weights_end = a.becomes(weight_bytes, "the last word of the weights")
            a(f"adds {weights_end}, {self.stream}, {weights_end}")
            a(f"strd {row}, {row_end}, {frame.row}")
            a(f"strd {self.stream}, {weights_end}, {frame.four}")
        a.drop(row)

    def pixels(self) -> Register:
        """Two pixels of the four channels, from columns to outputs. The first channel's output; flags: the row is
        complete."""
        a, shape = self.a, self.shape
        sums = [
            [a.hold(name, f"sum of pixel {i}, {which} channel{both}") for i, name in enumerate(names)]
            for names, which, both in zip(
                _SUMS, _COUNTS, ("", " * 256 + of the first", "", " * 256 + of the third"), strict=True
            )
        ]
        a(f"ldr {sums[1][-1]}, [{self.stream}]", "the start of the channel's sums")
        a(f"ldr {sums[3][-1]}, [{self.stream}, #4]")
        for first in range(0, 1 + shape.peel, _RUN):
            self.run(sums, min(_RUN, 1 + shape.peel - first), from_start=first == 0)
        if shape.loop:
            with a.loop(f"{shape.loop} quads") as again:
                self.run(sums, shape.loop)
                with a.holding(r2="the last word of the weights") as (end,):
                    a(f"ldr {end}, {self.frame.weights_end}")
                    a(f"cmp {self.stream}, {end}")
                a(f"bne {again}")
        self.part(sums)
        self.end(sums)
        return self.store(sums)

    def run(self, sums: Sequence[Sequence[Register]], quads: int, *, from_start: bool = False) -> None:
        """Some quads one after the other, behind which both pointers go on. from_start: sums begin with the first."""
        a, halves = self.a, 2 * quads
        # Two starts stand before the first weights.
        behind = {self.stream: 8 if from_start else 4, self.columns: 4}
        a.note(f"{quads} quad{'s' if quads > 1 else ''}")
        for number in range(halves):
            weights = [
                a.hold(name, f"two weights of the {_COUNTS[2 * i]} and {_COUNTS[2 * i + 1]} channel")
                for i, name in enumerate(_WEIGHTS)
            ]
            columns = [a.hold(name, f"two channels of pixel {i}") for i, name in enumerate(_COLUMNS)]
            for pointer, words in ((self.stream, weights), (self.columns, columns)):
                for i, word in enumerate(words):
                    moves = "!" if i and number == halves - 1 else ""
                    a(f"ldr {word}, [{pointer}, #{8 * number + 4 * i + behind[pointer]}]{moves}")
            self.products(sums, weights, columns, from_start=from_start and number == 0)
            a.drop(*weights, *columns)

    def products(
        self,
        sums: Sequence[Sequence[Register]],
        weights: Sequence[Register],
        columns: Sequence[Register],
        *,
        from_start: bool,
    ) -> None:
        """Adds two products to each sum. from_start: the last of a high channel's sums is where all begin."""
        a = self.a
        for word, highs in zip(weights, sums[1::2], strict=True):
            for total, column in zip(highs, columns, strict=True):
                before = highs[-1] if from_start else total
                a(f"smlad {total}, {word}, {column}, {before}", "both channels' products")
            a(f"sxtb16 {word}, {word}", "the low channel's weights")
        for word, lows in zip(weights, sums[::2], strict=True):
            for total, column in zip(lows, columns, strict=True):
                if from_start:
                    a(f"smuad {total}, {word}, {column}", "sum = two weights . two channels")
                else:
                    a(f"smlad {total}, {word}, {column}, {total}", "sum += two weights . two channels")

    def part(self, sums: Sequence[Sequence[Register]]) -> None:
        """From the sums of pairs to those of each channel, 256-fold."""
        a = self.a
        starts = [
            a.hold(name, f"start of the {which} channel") for name, which in zip(_WEIGHTS, _COUNTS[::2], strict=True)
        ]
        for i, start in enumerate(starts):
            a(f"ldr {start}, [{self.stream}, #{4 * i + 4}]")
        for lows, highs in zip(sums[::2], sums[1::2], strict=True):
            for low, high in zip(lows, highs, strict=True):
                a(f"sub {high}, {high}, {low}", "the high channel's alone")
        for start, lows in zip(starts, sums[::2], strict=True):
            for low in lows:
                a(f"add {low}, {start}, {low}, lsl #8", "256-fold")
        a.drop(*starts)

    def end(self, sums: Sequence[Sequence[Register]]) -> None:
        """Outputs of the sums, from the constants behind two words of the stream."""
        a, shape = self.a, self.shape
        words = END_CONSTANTS[shape.form]
        at_once = 4 // words if words < 4 else 1
        order = (0, 2, 1, 3)
        meanings = ("multiplier", "zero point and a half" if shape.form == "signed" else "addend", "shift")
        for first in range(0, 4, at_once):
            channels = order[first : first + at_once]
            names = iter(_CONSTANTS)
            constants = {
                c: [a.hold(next(names), f"{meaning}, {_COUNTS[c]} channel") for meaning in meanings[:words]]
                for c in channels
            }
            for c in channels:
                for n, constant in enumerate(constants[c]):
                    a(f"ldr {constant}, [{self.stream}, #{12 + 4 * (2 * (c % 2 * words + n) + c // 2)}]")
            for c in channels:
                self.scale(sums[c], constants[c])
            for c in channels:
                a.drop(*constants[c])
        if shape.form != "signed":
            for totals in sums:
                for total in totals:
                    saturate(a, shape.saturate, total, shape.shift)

    def scale(self, totals: Sequence[Register], constants: Sequence[Register]) -> None:
        """The products of a channel's sums, as their form has it."""
        a, form = self.a, self.shape.form
        if form == "signed":
            signed_outputs(a, totals, constants, self.shape.saturate)
            return
        for total in totals:
            if form == "fitted":
                a(f"smmul {total}, {total}, {constants[0]}", "sum * multiplier / 2^32")
            else:
                a(f"smmla {total}, {total}, {constants[0]}, {constants[1]}", "sum * multiplier / 2^32 + addend")

    def store(self, sums: Sequence[Sequence[Register]]) -> Register:
        """The outputs into the rows of the four channels; see `pixels`."""
        a, frame, step = self.a, self.frame, self.shape.x_stride
        row = a.hold("r2", "output of the first channel")
        others = [a.hold(f"r{4 + i}", f"output of the {which} channel") for i, which in enumerate(_COUNTS[1:3])]
        stride = a.hold("r3", "channel stride")
        a(f"ldr {row}, {frame.row}")
        a(f"ldr {stride}, {frame.channel_stride}")
        a(f"adds {others[0]}, {row}, {stride}")
        a(f"adds {others[1]}, {others[0]}, {stride}")
        last = a.becomes(stride, "output of the fourth channel")
        a(f"adds {last}, {others[1]}, {last}")
        for place, totals in zip((row, *others, last), sums, strict=True):
            for i, total in enumerate(totals):
                a(f"strb {total}, [{place}, #{step * i}]")
            a.drop(*totals)
        a.drop(*others, last)
        a(f"addw {row}, {row}, #{2 * step}", "the next two pixels")
        with a.holding(r3="end of the first's") as (end,):
            a(f"ldr {end}, {frame.row_end}")
            a(f"ldr {a.anew(self.stream)}, {frame.four}")
            a(f"str {row}, {frame.row}")
            a(f"cmp {row}, {end}")
        return row
