"""The matrix kernel of one pixel in assembly for Armv6-M: up to eight output channels at a time.

`tables.py` describes the stream. Four values of the column are a word, and the weights that meet them stand in the
order in which they are multiplied: of all channels for the first value, then for the second. Sums of two channels are
in low registers, those of others in high ones, which an addition reaches as well. At the end sums go to the stack, and
a loop makes outputs of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.assembly_text import Label
from mcugen.kernels.packed.shapes import PackedPixel

_SUMS = ("r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr")
_LOW_SUMS = 2
_QUAD = 4
# Most channels at a time for which a branch on a condition reaches over a turn of the loop over the column.
_SHORT_TURN = 7
_WORDS = {
    "place": "place in the column",
    "weights_end": "end of the weights of these channels",
    "weights": "bytes of the weights of these channels",
    "stream_end": "end of the stream",
    "scales": "in the shape, what scales sums",
    "column": "column",
    "output": "output",
}


def pixel(shape: PackedPixel) -> tuple[str, ...]:
    """Lines of the function that takes stream, column, output and words that its caller has for it."""
    return _Pixel(shape).a.lines()


class _Pixel:
    """The function being written."""

    def __init__(self, shape: PackedPixel) -> None:
        self.shape, self.sums_at = shape, 4 * len(_WORDS)
        self.a = a = Assembly("armv6-m", "stream", "column", "output", "shape")
        self.stream, column, output, given = a.arguments
        sums = {f"sum_{i}": "sums" for i in range(shape.rows)}
        self.frame = frame = a.enter(self.sums_at + 4 * shape.rows, **_WORDS, **sums)
        with a.holding(r4="bytes of the weights", r5="bytes of the stream") as (weights, end):
            a(f"ldmia {given}!, {{{weights}, {end}}}")
            a(f"str {weights}, {frame.weights}")
            a(f"adds {end}, {end}, {self.stream}")
            a(f"str {end}, {frame.stream_end}")
        a(f"str {given}, {frame.scales}")
        a(f"str {column}, {frame.column}")
        a(f"str {output}, {frame.output}")
        a.drop(column, output, given)
        outside, stored, complete = a.label("outside the range"), a.label("an output"), a.label("after the last ones")
        with a.loop(f"{shape.rows} output channels") as again:
            self.sum()
            self.outputs(outside, stored)
            with a.holding(r3="end of the stream") as (end,):
                a(f"ldr {end}, {frame.stream_end}")
                a(f"cmp {self.stream}, {end}")
            a(f"beq {complete}")
            a(f"b {again}")
        a.place(complete)
        a.leave()
        self.ends_of_range(outside, stored)

    def sum(self) -> None:
        """The sums of all channels, on the stack."""
        a, frame = self.a, self.frame
        sums = self.starts()
        with a.holding(r3="first the column, then the end of the weights") as (word,):
            a(f"ldr {word}, {frame.column}")
            a(f"str {word}, {frame.place}")
            a(f"ldr {word}, {frame.weights}")
            a(f"adds {word}, {word}, {self.stream}")
            a(f"str {word}, {frame.weights_end}")
        with a.loop("four values of the column") as again:
            self.quad(sums)
            complete = a.label("after the column") if self.shape.rows > _SHORT_TURN else None
            with a.holding(r3="end of the weights") as (end,):
                a(f"ldr {end}, {frame.weights_end}")
                a(f"cmp {self.stream}, {end}")
            if complete:
                a(f"beq {complete}")
            a(f"{'b' if complete else 'bne'} {again}")
        if complete:
            a.place(complete)
        with a.holding(r1="sums") as (place,):
            a(f"add {place}, sp, #{self.sums_at}")
            self.move(sums, "stmia", place)
        a.drop(*sums)

    def starts(self) -> list[Register]:
        """Where the sums start."""
        sums = [self.a.hold(name, f"sum of channel {i}") for i, name in enumerate(_SUMS[: self.shape.rows])]
        self.move(sums, "ldmia", self.stream)
        return sums

    def move(self, sums: Sequence[Register], access: str, place: Register) -> None:
        """Loads or stores all sums: those in high registers by way of low ones."""
        a, low, high = self.a, sums[:_LOW_SUMS], sums[_LOW_SUMS:]
        a(f"{access} {place}!, {{{', '.join(map(str, low))}}}")
        for some in (high[i : i + _QUAD] for i in range(0, len(high), _QUAD)):
            names = [f"r{2 + i}" for i in range(len(some))]
            with a.holding(**{name: str(each.meaning) for name, each in zip(names, some, strict=True)}) as given:
                pairs = list(zip(some, given, strict=True))
                through = f"{access} {place}!, {{{', '.join(map(str, given))}}}"
                if access == "ldmia":
                    a(through)
                for total, word in pairs:
                    a(f"mov {total}, {word}" if access == "ldmia" else f"mov {word}, {total}")
                if access == "stmia":
                    a(through)

    def quad(self, sums: Sequence[Register]) -> None:
        """Adds the products of four values of the column with the weights of all channels."""
        a, rows, frame = self.a, self.shape.rows, self.frame
        values = a.hold("r1", "four values, then the last")
        with a.holding(r2="place in the column") as (place,):
            a(f"ldr {place}, {frame.place}")
            a(f"ldmia {place}!, {{{values}}}")
            a(f"str {place}, {frame.place}")
        loaded: list[Register] = []
        value = a.hold("r2", "value")
        for number in range(_QUAD * rows):
            k, channel = divmod(number, rows)
            if channel == 0 and k < _QUAD - 1:
                a(f"sxtb {value}, {values}")
                a(f"asrs {values}, {values}, #8", "the next value")
            if number % (2 * _QUAD) == 0:
                a.drop(*loaded)
                loaded = [
                    a.hold(name, "four weights, then the last") for name in ("r3", "r4")[: rows - number // _QUAD]
                ]
                a(f"ldmia {self.stream}!, {{{', '.join(map(str, loaded))}}}")
            self.product(sums[channel], loaded[number // _QUAD % 2], number % _QUAD, value if k < _QUAD - 1 else values)
        a.drop(*loaded, value, values)

    def product(self, total: Register, weights: Register, number: int, value: Register) -> None:
        """Adds the product of a value and the weight of this number in a word."""
        a = self.a
        if number == _QUAD - 1:
            a(f"muls {weights}, {value}")
            a(f"add {total}, {weights}")
            return
        with a.holding(r5="weight, then product") as (weight,):
            a(f"sxtb {weight}, {weights}")
            a(f"asrs {weights}, {weights}, #8", "the next weight")
            a(f"muls {weight}, {value}")
            a(f"add {total}, {weight}")

    def outputs(self, outside: Label, stored: Label) -> None:
        """Scales the sums on the stack and stores the outputs, by constants that stand behind the weights."""
        a, frame, two_lines = self.a, self.frame, self.shape.two_lines
        self.scales = [
            a.hold("r8", "bits that are skipped"),
            a.hold("r9", "shift of the part by the multiplier's lower half"),
            a.hold("r10", "shift"),
            a.hold("r11", "what is added to outputs"),
        ]
        skipped, middle, shift, added = self.scales
        output = a.hold("r12", "output")
        place = a.hold("r1", "what scales sums, in the shape")
        with a.holding(r2="bits", r3="shift", r4="shift", r5="what is added", r6="output") as words:
            a(f"ldr {place}, {frame.scales}")
            a(f"ldmia {place}!, {{r2-r5}}")
            a(f"ldr {words[-1]}, {frame.output}")
            for to, word in zip([*self.scales, output], words, strict=True):
                a(f"mov {to}, {word}")
        place = a.becomes(place, "place in the sums")
        a(f"add {place}, sp, #{self.sums_at}")
        with a.loop("a channel") as again:
            value = a.hold("r2", "sum, then output")
            a(f"ldmia {place}!, {{{value}}}")
            low, addend, high = a.hold("r4", "multiplier"), a.hold("r5", "addend"), a.hold("r6", "limit")
            if two_lines:
                apart = a.hold("lr", "how far the two lines lie apart")
                with a.holding(r3="how far the two lines lie apart") as (word,):
                    a(f"ldmia {self.stream}!, {{{word}, {low}, {addend}, {high}}}")
                    a(f"mov {apart}, {word}")
            else:
                a(f"ldmia {self.stream}!, {{{low}, {addend}, {high}}}")
            a(f"cmp {value}, {high}")
            a(f"bhs {outside}")
            high = a.becomes(high, "multiplier, upper half")
            a(f"lsrs {high}, {low}, #16")
            low = a.becomes(low, "multiplier, lower half")
            a(f"uxth {low}, {low}")
            with a.holding(r3="shift", r7="part by the lower half") as (bits, part):
                a(f"mov {bits}, {skipped}")
                a(f"mov {part}, {value}")
                a(f"lsrs {part}, {part}, {bits}")
                a(f"muls {part}, {low}")
                a(f"mov {bits}, {middle}")
                a(f"lsrs {part}, {part}, {bits}")
                a(f"muls {value}, {high}")
                a(f"adds {value}, {value}, {part}")
                a(f"adds {value}, {value}, {addend}")
                if two_lines:
                    part = a.becomes(part, "how far the line is below, or 0")
                    a(f"asrs {a.anew(bits)}, {value}, #31", "the sign")
                    a(f"mov {part}, {apart}")
                    a(f"ands {part}, {bits}")
                    a(f"subs {value}, {value}, {part}")
                a(f"mov {a.anew(bits)}, {shift}")
                a(f"{'asrs' if two_lines else 'lsrs'} {value}, {value}, {bits}")
            a.drop(low, addend, high, *([apart] if two_lines else []))
            a(f"add {value}, {added}", "as int8, or zero point + 1")
            a.place(stored)
            with a.holding(r3="output, then end of the sums") as (at,):
                a(f"mov {at}, {output}")
                a(f"strb {value}, [{at}]")
                a(f"adds {at}, #1")
                a(f"mov {output}, {at}")
                a(f"add {a.anew(at)}, sp, #{self.sums_at + 4 * self.shape.rows}")
                a(f"cmp {place}, {at}")
            a.drop(value)
            a(f"bne {again}")
        with a.holding(r2="output") as (word,):
            a(f"mov {word}, {output}")
            a(f"str {word}, {frame.output}")
        a.drop(place, output, *self.scales)

    def ends_of_range(self, outside: Label, stored: Label) -> None:
        """The outputs of sums below 0 and of those from the limit on, behind the end of the function."""
        a = self.a
        a.place(outside)
        value = a.hold("r2", "sum, then output", filled=True)
        with a.holding(r3="the least output") as (least,):
            a(f"ldr {least}, {self.frame.scales}")
            a(f"ldr {least}, [{least}, #16]")
            a(f"asrs {value}, {value}, #31", "all ones below 0")
            a(f"mvns {value}, {value}", "0 below 0, else 255 in its low byte")
            a(f"adds {value}, {value}, {least}")
        a.drop(value)
        a(f"b {stored}")
