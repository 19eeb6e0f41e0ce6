"""Depthwise DSP kernels of stride 2, for rows of even width.

Unpadded at the left, as TensorFlow pads, output i takes x = 2i .. 2i+2, else x = 2i-1 .. 2i+1. Two outputs take a word
and the byte beside it: the one behind it or, padded, the one before it, unless that is outside the image.
"""

from __future__ import annotations

from mcugen.kernels.assembly import Register
from mcugen.kernels.assembly_text import Slot
from mcugen.kernels.dsp.depthwise import DepthwiseKernel, Row, products


class Stride2(DepthwiseKernel):
    """odd: the number of outputs is. left: padding, 0 or 1."""

    frame_bytes = 48

    def __init__(
        self, compact: bool, plain: bool, together: int, shift: int, loops: bool, odd: bool, left: int
    ) -> None:
        self.odd, self.left = odd, left
        # Of the byte beside a word.
        self.beside = -1 if left else 4
        super().__init__(compact, plain, together, shift, loops)

    @property
    def keeps_step(self) -> bool:
        """Unless single pixels stand in columns of a fixed size."""
        return self.together != 8

    def distance_words(self) -> dict[str, str]:
        """Of a word and the byte beside it, of both rows."""
        return {
            "upper": "distance of the upper row from the middle one",
            "upper_beside": "of the byte beside its word",
            "lower": "distance of the lower row",
            "lower_beside": "of the byte beside its word (lower row)",
        }

    def keep_distances(self, upper: Register, lower: Register) -> None:
        """All four words."""
        a = self.a
        with a.holding(r4="of the byte beside it", r6="of the byte beside it", r7="their place") as (
            first,
            last,
            place,
        ):
            a(f"add {first}, {upper}, #{self.beside}")
            a(f"add {last}, {lower}, #{self.beside}")
            a(f"add {place}, sp, #{self.frame.upper.offset}")
            a(f"stm {place}, {{{upper}-{last}}}")

    def outputs(self) -> None:
        """Pairs of outputs before, in and behind the loop, and one more where their number is odd."""
        steps = self.steps
        if self.left:
            before, behind = (1 if self.odd else steps), 0
        else:
            before, behind = 0, ((1 if self.together == 3 else 0) if self.odd else steps)
        for number in range(before):
            self.pair(beside=number > 0)
        self.loop(steps)
        for number in range(behind):
            self.pair(beside=self.odd or number < behind - 1)
        if self.odd:
            self.one()

    def pair(self, *, beside: bool = True) -> None:
        """Two outputs. beside: the byte beside the word lies in the row."""
        a, frame = self.a, self.frame
        a.note("two outputs" if beside else "two outputs at the border")
        sums = self.hold_sums(2)
        word = a.hold("r0", "word of a row")
        byte = a.hold("lr", "byte beside it")
        self.take(word, byte if beside else None, frame.upper, frame.upper_beside, first=True)
        self.word(sums, word, self.upper, byte, beside=beside, first=True)
        self.take(word, byte if beside else None, frame.lower, frame.lower_beside, first=False)
        self.word(sums, word, self.lower, byte, beside=beside, first=False)
        if beside:
            a(f"ldrb {a.anew(byte)}, [{self.row}, #{self.beside}]")
        a(f"ldr {word}, [{self.row}], #4", "of the middle row, which goes on")
        self.word(sums, word, self.middle, byte, beside=beside, first=False)
        a.drop(word, byte)
        self.put(sums)

    def take(self, word: Register, byte: Register | None, of_word: Slot, of_byte: Slot, *, first: bool) -> None:
        """Loads a word of a row and the byte beside it by their distances: first what is wanted first, the word where
        sums begin there."""
        a = self.a
        wanted = [("ldr", word, of_word), *([] if byte is None else [("ldrb", byte, of_byte)])]
        if not first:
            wanted.reverse()
        for _, register, slot in wanted:
            a(f"ldr {a.anew(register)}, {slot}")
        for load, register, _ in wanted:
            a(f"{load} {register}, [{self.row}, {register}]")

    def word(
        self, sums: list[Register], word: Register, row: Row, byte: Register, *, beside: bool, first: bool
    ) -> None:
        """Adds the products of a row. first: the sums begin there."""
        a = self.a
        centres = (0, 2) if self.left else (1, 3)
        if not first and beside:
            self.byte(sums, row, byte)
        # Where sums begin, the byte is still needed.
        spare = sums[-1] if first else byte
        a(f"uxtb16 {a.anew(spare)}, {word}", "x0, x2")
        a(f"uxtb16 {word}, {word}, ror #8", "x1, x3")
        steps = [products(row, centre) for centre in centres]
        for total, ((multiply, weight), _) in zip(sums, steps, strict=True):
            a(f"{multiply} {total}, {spare}, {weight}, {self.start if first else total}")
        for total, (_, (multiply, weight)) in zip(sums, steps, strict=True):
            a(f"{multiply} {total}, {word}, {weight}, {total}")
        if first and beside:
            self.byte(sums, row, byte)

    def byte(self, sums: list[Register], row: Row, byte: Register) -> None:
        """The byte beside a word: w0 of the first output, or w2 of the second."""
        multiply, total = ("smlabb", sums[0]) if self.left else ("smlabt", sums[1])
        self.a(f"{multiply} {total}, {byte}, {row.outer}, {total}")

    def one(self) -> None:
        """One output at the right border, from x0, x1 and, padded, the byte before them."""
        a = self.a
        a.note("the last output")
        (total,) = self.hold_sums(1)
        for row, slot, before in (
            (self.upper, self.frame.upper, self.start),
            (self.lower, self.frame.lower, total),
            (self.middle, None, total),
        ):
            with a.holding(r0="x0", lr="x1", r12=f"{row.which} row") as (x0, x1, place):
                if slot is None:
                    a(f"mov {place}, {self.row}")
                else:
                    a(f"ldr {place}, {slot}")
                    a(f"add {place}, {self.row}")
                a(f"ldrb {x0}, [{place}]")
                a(f"ldrb {x1}, [{place}, #1]")
                if self.left:
                    x = a.becomes(place, "the byte before x0")
                    a(f"ldrb {x}, [{x}, #-1]")
                    a(f"smlab{row.half} {total}, {x0}, {row.inner}, {before}")
                    a(f"smlabt {total}, {x1}, {row.outer}, {total}")
                    a(f"smlabb {total}, {x}, {row.outer}, {total}")
                else:
                    a(f"smlabb {total}, {x0}, {row.outer}, {before}")
                    a(f"smlab{row.half} {total}, {x1}, {row.inner}, {total}")
        a(f"adds {self.row}, #2", "the end of the row")
        self.put([total])
