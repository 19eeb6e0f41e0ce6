"""Depthwise DSP kernels of stride 1, padded by one: rows of three, of four, and longer ones."""

from __future__ import annotations

from mcugen.kernels.assembly import Register
from mcugen.kernels.dsp.depthwise import DepthwiseKernel, Row, products
from mcugen.kernels.dsp.steps import saturate

# Bytes of a word on which three outputs are centred, at either border and in a row of three.
LEFT, RIGHT = (0, 1, 2), (1, 2, 3)


class Stride1(DepthwiseKernel):
    """What rows of all widths have in common."""

    frame_bytes = 40

    def distance_words(self) -> dict[str, str]:
        """Of the two rows."""
        return {"upper": "distance of the upper row from the middle one", "lower": "distance of the lower row"}

    def keep_distances(self, upper: Register, lower: Register) -> None:
        """Both words."""
        self.a(f"str {upper}, {self.frame.upper}")
        self.a(f"str {lower}, {self.frame.lower}")

    def word(
        self,
        sums: list[Register],
        word: Register,
        row: Row,
        centres: tuple[int, ...],
        *,
        first: bool,
        last: bool = False,
    ) -> None:
        """Adds the products of a row's word to the sums of outputs centred on these bytes. first: they begin there.
        last: byte 3 is not part of the row."""
        a = self.a
        spare = sums[-1] if first else a.hold("r0", "bytes x0, x2")
        a(f"uxtb16 {spare}, {word}", "x0, x2")
        a(f"uxtb16 {word}, {word}, ror #8", "x1, x3")
        steps = [products(row, centre, last=last) for centre in centres]
        for total, ((multiply, weight), _) in zip(sums, steps, strict=True):
            a(f"{multiply} {total}, {spare}, {weight}, {self.start if first else total}")
        for total, (_, (multiply, weight)) in zip(sums, steps, strict=True):
            a(f"{multiply} {total}, {word}, {weight}, {total}")
        if not first:
            a.drop(spare)

    def pair(self) -> None:
        """Two outputs, centred on x1 and x2."""
        a = self.a
        a.note("two outputs")
        # The middle row's word comes last and is wanted last.
        upper, lower = a.hold("r0", "word of the upper row"), a.hold("r12", "word of the lower row")
        self.load([upper, lower], [self.frame.upper, self.frame.lower])
        middle = a.hold("lr", "word of the middle row")
        a(f"ldr {middle}, [{self.row}], #2", "on by two pixels")
        sums = self.hold_sums(2)
        self.word(sums, upper, self.upper, (1, 2), first=True)
        a.drop(upper)
        self.word(sums, lower, self.lower, (1, 2), first=False)
        self.word(sums, middle, self.middle, (1, 2), first=False)
        a.drop(lower, middle)
        self.put(sums)

    def three(self, centres: tuple[int, ...], on: int, *, last: bool = False) -> list[Register]:
        """The sums of three outputs. on: bytes to go on by."""
        a = self.a
        upper, lower = a.hold("r0", "word of the upper row"), a.hold("lr", "word of the lower row")
        self.load([upper, lower], [self.frame.upper, self.frame.lower])
        sums = self.hold_sums(3)
        self.word(sums, upper, self.upper, centres, first=True, last=last)
        a.drop(upper)
        self.word(sums, lower, self.lower, centres, first=False, last=last)
        middle = a.becomes(lower, "word of the middle row")
        a(f"ldr {middle}, [{self.row}], #{on}")
        self.word(sums, middle, self.middle, centres, first=False, last=last)
        a.drop(middle)
        return sums


class Long(Stride1):
    """Rows of at least 5: three outputs from the first word, three from the last, and between them pairs. odd: the
    width is, so that the last pair and the last three have one in common."""

    def __init__(self, compact: bool, plain: bool, together: int, shift: int, loops: bool, odd: bool) -> None:
        self.odd = odd
        super().__init__(compact, plain, together, shift, loops)

    @property
    def keeps_step(self) -> bool:
        """Unless single pixels stand in columns of a fixed size."""
        return self.together != 8

    def outputs(self) -> None:
        """See the class."""
        a = self.a
        a.note("three outputs at the left border")
        self.put(self.three(LEFT, 2))
        self.loop(self.steps)
        if self.odd:
            with a.holding(r0="bytes to the next pixels that stand together") as (step,):
                a(f"ldr {step}, {self.frame.next_pixels}")
                a(f"sub {self.columns}, {step}", "one output once more")
            a(f"subs {self.row}, #1")
        a.note("three outputs at the right border")
        self.put(self.three(RIGHT, 4))


class Four(Stride1):
    """Rows of four: the first three outputs, and the last of the last three."""

    def outputs(self) -> None:
        """See the class."""
        a = self.a
        a.note("three outputs at the left border")
        self.put(self.three(LEFT, 0))
        a.note("three outputs at the right border, of which the last is new")
        *others, value = self.three(RIGHT, 4)
        a.drop(*others)
        with a.holding(r0="bytes to the next pixels that stand together") as (step,):
            a(f"ldr {step}, {self.frame.next_pixels}")
            self.scale(value)
            saturate(a, "ssat", value, self.shift)
            self.store(value, step)
        a.drop(value)


class Three(Stride1):
    """Rows of three: one word, whose fourth byte does not matter."""

    def outputs(self) -> None:
        """See the class."""
        self.put(self.three(LEFT, 3, last=True))
