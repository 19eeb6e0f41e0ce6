"""The DSP kernels of 3x3 depthwise convolutions in assembly: one output row of all channels into the matrix kernel's
columns.

Every step takes a word of each of the three input rows, bytes x0 .. x3. UXTB16 makes (x0, x2) and (x1, x3) of it,
SMLAD multiplies a pair with (w0, w2), SMLAxy one of a pair with w1. The middle row is pointed to; the other two are
reached by their distances from it, so that rows may stand anywhere. A row outside the image is one of zeros. Weights
are 256-fold.

Columns are filled a half of the channels at a time: their values are the high bytes of the low halfwords, then of the
high ones, or plain ones the halfwords themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.assembly_text import Slot
from mcugen.kernels.dsp.steps import saturate

_ROWS = ("upper", "middle", "lower")
# What a kernel is given: for the frame, and for the registers that take it there.
Given = dict[str, tuple[str, str]]
_HIGH_BYTES = "#0xff00ff00"


@dataclass(frozen=True)
class Row:
    """A row's weights. outer: w0 in the low half, w2 in the high one. inner, half: w1, in the half 'b' or 't'."""

    which: str
    outer: Register
    inner: Register
    half: str


def products(row: Row, centre: int, *, last: bool = False) -> tuple[tuple[str, Register], tuple[str, Register]]:
    """What multiplies (x0, x2), and what (x1, x3), for the output centred on byte `centre` of a word; with what.
    last: x3 is not part of the row."""
    outer, inner, half = row.outer, row.inner, row.half
    return {
        0: ((f"smlab{half}", inner), ("smlabt", outer)),
        1: (("smlad", outer), (f"smlab{half}", inner)),
        2: ((f"smlat{half}", inner), ("smlabb" if last else "smlad", outer)),
        3: (("smlatb", outer), (f"smlat{half}", inner)),
    }[centre]


class DepthwiseKernel(ABC):
    """A kernel being written. together: pixels whose columns stand together, 8 for single pixels of 8 channels, 6
    for pairs of which the loop takes three.
    plain: values are stored as 16 bits, else as bytes.
    loops: whether it has a loop over pixels. place: of the next output among those that stand together."""

    frame_bytes: int

    def __init__(self, compact: bool, plain: bool, together: int, shift: int, loops: bool) -> None:
        # Pairs of outputs that the loop takes: after them the place is the same again.
        self.steps = 3 if together in (3, 6, 8) else 1
        self.together, self.shift, self.loops = 2 if together == 6 else together, shift, loops
        self.plain, self.put_value = plain, "strh" if plain else "strb"
        self.a = a = Assembly("armv7-m", "table", "rows", "columns", "shape")
        table, rows, self.columns, given = a.arguments
        self.frame = frame = a.enter(
            self.frame_bytes,
            **{name: word for name, (word, _) in self.given().items()},
            table="next channel's table",
            half_end="end of this half of the table",
            halves="halves to go",
            loop_end="end of the loop over pixels",
            **self.place_words(),
            **self.distance_words(),
        )
        meanings = {f"r{4 + i}": meaning for i, (_, meaning) in enumerate(self.given().values())}
        with a.holding(**meanings) as words:
            a(f"ldm {given}, {{{words[0]}-{words[-1]}}}")
            a(f"stm sp, {{{words[0]}-{words[-1]}}}")
        a.drop(given)
        upper, middle, lower = (a.hold(f"r{3 + i}", f"{which} row") for i, which in enumerate(_ROWS))
        a(f"ldm {rows}, {{{upper}, {middle}, {lower}}}")
        self.row = a.becomes(rows, "middle row")
        a(f"mov {self.row}, {middle}")
        upper, lower = a.becomes(upper, "distance of the upper row"), a.becomes(lower, "distance of the lower row")
        a(f"subs {upper}, {middle}")
        a(f"subs {lower}, {middle}")
        a.drop(middle)
        with a.holding(r7="halves of the channels") as (halves,):
            a(f"movs {halves}, #2")
            a(f"str {halves}, {frame.halves}")
        self.keep_distances(upper, lower)
        a.drop(upper, lower)
        self.all_channels(table, compact)
        a.leave()

    def given(self) -> Given:
        """The words that the caller has for the kernel, in their order."""
        return {
            "next_pixels": ("bytes to the next pixels that stand together", "to the next pixels"),
            "next_channel": ("bytes to the next channel in the columns", "to the next channel"),
            "half_bytes": ("bytes of a half of the table", "half of the table"),
            "loop_bytes": ("bytes of a row that the loop over pixels takes", "loop"),
        }

    def place_words(self) -> dict[str, str]:
        """Words of the frame for places in the columns."""
        return {}

    @property
    def keeps_step(self) -> bool:
        """Whether the bytes to the next pixels that stand together are in the upper half of the register of the lower
        row's w1: where a row goes on to them so often that loading them each time takes longer."""
        return False

    @abstractmethod
    def distance_words(self) -> dict[str, str]:
        """Words of the frame for what `keep_distances` keeps."""

    @abstractmethod
    def keep_distances(self, upper: Register, lower: Register) -> None:
        """Keeps the distances of these rows from the middle one."""

    @abstractmethod
    def outputs(self) -> None:
        """All outputs of a channel's row."""

    def all_channels(self, table: Register, compact: bool) -> None:
        """The channels of each half."""
        a, frame = self.a, self.frame
        if not self.plain:
            a(f"adds {self.columns}, #1", "high bytes")
        with a.loop("half of the channels") as next_half:
            self.begin_half(table)
            with a.loop("a channel") as next_channel:
                self.channel(table, compact)
                self.place = 0
                self.outputs()
                self.drop_channel()
                table = a.hold("r0", "table")
                self.next_channel(table)
                a(f"bne {next_channel}")
            with a.holding(r3="halves to go", r4="bytes of the columns' pixels that stand together") as (halves, step):
                a(f"ldr {halves}, {frame.halves}")
                a(f"ldr {step}, {frame.next_pixels}")
                a(f"subs {self.columns}, {step}", "back to the first channel")
                a(f"adds {self.columns}, #2", "the high halfwords")
                a(f"subs {halves}, #1")
                a(f"str {halves}, {frame.halves}")
            a(f"bne {next_half}")

    def begin_half(self, table: Register) -> None:
        """Before the first channel of a half."""
        a, frame = self.a, self.frame
        with a.holding(r3="end of this half of the table") as (end,):
            a(f"ldr {end}, {frame.half_bytes}")
            a(f"add {end}, {table}")
            a(f"str {end}, {frame.half_end}")

    def next_channel(self, table: Register) -> None:
        """Takes the table and the columns to the next channel. Flags: whether there is none in this half."""
        a, frame = self.a, self.frame
        with a.holding(r3="end of this half", r4="to the next channel") as (end, step):
            a(f"ldr {table}, {frame.table}")
            a(f"ldr {end}, {frame.half_end}")
            a(f"ldr {step}, {frame.next_channel}")
            a(f"cmp {table}, {end}")
            a(f"add {self.columns}, {step}", "the next channel")

    def channel(self, table: Register, compact: bool) -> None:
        """Takes a channel's weights and constants to their registers."""
        a = self.a
        words = [a.hold(f"r{3 + i}", f"{which} row: bytes w1 w0 . w2") for i, which in enumerate(_ROWS)]
        self.start = a.hold("r8", "start of the sums" + ", upper bits: of the multiplier" * compact)
        self.multiplier = a.hold("r9", "multiplier")
        names = [*words, self.start, *([] if compact else [self.multiplier])]
        a(f"ldm {table}!, {{{', '.join(map(str, names))}}}")
        a(f"str {table}, {self.frame.table}")
        a.drop(table)
        if compact:
            self.unpack(words)
        step = a.hold("r0", "bytes to the next pixels that stand together") if self.keeps_step else None
        if step is not None:
            a(f"ldr {step}, {self.frame.next_pixels}")
        inner = a.hold("r6", "w1 of the upper row and of the middle row, 256-fold")
        a(f"lsl {inner}, {words[0]}, #8")
        a(f"pkhbt {inner}, {inner}, {words[1]}, lsl #24")
        also = "; bytes to the next pixels" if self.keeps_step else ""
        inner_lower = a.hold("r7", f"w1 of the lower row, 256-fold{also}")
        a(f"lsl {inner_lower}, {words[2]}, #8")
        if step is not None:
            a(f"pkhbt {inner_lower}, {inner_lower}, {step}, lsl #16")
            a.drop(step)
        outer = [
            a.becomes(word, f"w0 and w2 of the {which} row, 256-fold") for word, which in zip(words, _ROWS, strict=True)
        ]
        for register in outer:
            a(f"and {register}, {register}, {_HIGH_BYTES}")
        self.upper, self.middle, self.lower = (
            Row("upper", outer[0], inner, "b"),
            Row("middle", outer[1], inner, "t"),
            Row("lower", outer[2], inner_lower, "b"),
        )

    def unpack(self, words: list[Register]) -> None:
        """The multiplier from the third bytes of the words and the upper bits of the start, which has 28."""
        a, start, multiplier = self.a, self.start, self.multiplier
        with a.holding(r0="third byte", r6="upper bits of the start") as (byte, bits):
            a(f"lsl {multiplier}, {words[0]}, #8", "bits 24 to 31")
            a(f"ubfx {byte}, {words[1]}, #16, #8")
            a(f"bfi {multiplier}, {byte}, #16, #8")
            a(f"ubfx {byte}, {words[2]}, #16, #8")
            a(f"lsr {bits}, {start}, #28")
            a(f"bfi {multiplier}, {byte}, #8, #8")
            a(f"sbfx {start}, {start}, #0, #28")
            a(f"bfi {multiplier}, {bits}, #4, #4")

    def drop_channel(self) -> None:
        """The channel's registers are free."""
        rows = (self.upper, self.middle, self.lower)
        self.a.drop(*(row.outer for row in rows), self.upper.inner, self.lower.inner, self.start, self.multiplier)

    def hold_sums(self, count: int) -> list[Register]:
        """Registers for the sums of neighbouring outputs."""
        return [self.a.hold(f"r{10 + i}", f"sum of output {i} of a step") for i in range(count)]

    def loop(self, steps: int) -> None:
        """The loop over pixels: so many pairs of outputs a turn."""
        if not self.loops:
            return
        a, frame = self.a, self.frame
        complete = a.label("end of the loop over pixels")
        with a.holding(r0="end of the loop over pixels") as (end,):
            a(f"ldr {end}, {frame.loop_bytes}")
            a(f"adds {end}, {end}, {self.row}")
            a(f"str {end}, {frame.loop_end}")
            a(f"cmp {end}, {self.row}")
        a(f"beq {complete}")
        with a.loop(f"{2 * steps} outputs") as again:
            for _ in range(steps):
                self.pair()
            with a.holding(r0="end of the loop over pixels") as (end,):
                a(f"ldr {end}, {frame.loop_end}")
                a(f"cmp {end}, {self.row}")
            a(f"bne {again}")
        a.place(complete)

    @abstractmethod
    def pair(self) -> None:
        """Two outputs inside the row."""

    def put(self, sums: list[Register]) -> None:
        """Requantizes the sums of up to three neighbouring outputs and stores them."""
        a = self.a
        ends = [self.ends_pixels(i) for i in range(len(sums))]
        step: Register | None = None
        first, *others = sums
        self.scale(first)
        if any(ends) and not self.keeps_step:
            step = a.hold("r0", "bytes to the next pixels that stand together")
            a(f"ldr {step}, {self.frame.next_pixels}")
        # A Cortex-M33 waits for a result that is used at once, a Cortex-M4 for an address that was just computed.
        if ends[0]:
            saturate(a, "ssat", first, self.shift)
        for value in others:
            self.scale(value)
        saturated = 1 if ends[0] else 0
        for number, value in enumerate(sums):
            if number == saturated:
                saturated = next((i + 1 for i in range(number, len(sums)) if ends[i]), len(sums))
                for again in sums[number:saturated]:
                    saturate(a, "ssat", again, self.shift)
            self.store(value, step)
        a.drop(*sums, *([] if step is None else [step]))

    def ends_pixels(self, number: int) -> bool:
        """Whether the output `number` from here is the last of those that stand together."""
        return self.together != 8 and (self.place + number) % self.together == self.together - 1

    def scale(self, value: Register) -> None:
        """sum * multiplier >> 32."""
        self.a(f"smmul {value}, {value}, {self.multiplier}", "sum * multiplier / 2^32")

    def store(self, value: Register, step: Register | None) -> None:
        """Puts the next output into the columns, which stay at the pixels that are not yet complete. step: to the next
        ones, None where `keeps_step`."""
        if self.together == 8:
            self.a(f"{self.put_value} {value}, [{self.columns}], #16", "the next pixel")
            return
        self.a(f"{self.put_value} {value}, [{self.columns}, #{4 * self.place}]")
        if self.ends_pixels(0):
            if step is None:
                self.a(f"add {self.columns}, {self.columns}, {self.lower.inner}, lsr #16", "the next pixels")
            else:
                self.a(f"add {self.columns}, {step}", "the next pixels")
        self.place = (self.place + 1) % self.together

    def load(self, words: list[Register], slots: list[Slot]) -> None:
        """Words of the upper and the lower row by their distances."""
        for word, slot in zip(words, slots, strict=True):
            self.a(f"ldr {word}, {slot}")
        for word in words:
            self.a(f"ldr {word}, [{self.row}, {word}]")
