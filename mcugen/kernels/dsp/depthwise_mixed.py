"""Depthwise DSP kernels of odd rows, whose pixels stand in tiles of three and, at the end, of two.

The columns of a channel begin 12 bytes behind those of the channel before it, where its tiles of two begin 8 bytes.
So both places are kept for each channel. The loop over pixels takes tiles of three only; the code around it is written
for the shortest row that it serves, see `tiling.py`.
"""

from __future__ import annotations

from mcugen.kernels.assembly import Register
from mcugen.kernels.assembly_text import Slot
from mcugen.kernels.dsp.depthwise import DepthwiseKernel, Given
from mcugen.kernels.dsp.depthwise_stride_1 import LEFT, RIGHT, Stride1
from mcugen.kernels.dsp.depthwise_stride_2 import Stride2
from mcugen.kernels.dsp.steps import saturate
from mcugen.kernels.dsp.tiling import Tiling

_LOOP_PAIRS = 3


class Mixed(DepthwiseKernel):
    """tiling: of the row that is written. pixel: the next output's."""

    tiling: Tiling
    pixel: int
    in_loop: bool

    def given(self) -> Given:
        """Where tiles of two begin, and the bytes between them, instead of the way to the next channel."""
        alike = super().given()
        return {
            "next_pixels": alike["next_pixels"],
            "to_twos": ("bytes to the tiles of two", "to the tiles of two"),
            "half_bytes": alike["half_bytes"],
            "loop_bytes": alike["loop_bytes"],
            "next_two": ("bytes to the next tile of two", "to the next two"),
        }

    @property
    def keeps_step(self) -> bool:
        """There are two of them."""
        return False

    def place_words(self) -> dict[str, str]:
        """Of the channel."""
        return {"channel": "the channel's columns", "twos": "its tiles of two"}

    def begin_half(self, table: Register) -> None:
        """Keeps the places of the first channel."""
        super().begin_half(table)
        a, frame = self.a, self.frame
        with a.holding(r3="tiles of two") as (twos,):
            a(f"ldr {twos}, {frame.to_twos}")
            a(f"add {twos}, {self.columns}")
            a(f"strd {self.columns}, {twos}, {frame.channel}")

    def next_channel(self, table: Register) -> None:
        """The next word of a tile of three, and of two."""
        a, frame = self.a, self.frame
        with a.holding(r3="end of this half", r4="tiles of two") as (end, twos):
            a(f"ldr {table}, {frame.table}")
            a(f"ldr {end}, {frame.half_end}")
            a(f"ldrd {a.anew(self.columns)}, {twos}, {frame.channel}")
            a(f"add {self.columns}, {self.columns}, #12", "the next channel of a tile of three")
            a(f"add {twos}, {twos}, #8", "and of a tile of two")
            a(f"cmp {table}, {end}")
            a(f"strd {self.columns}, {twos}, {frame.channel}")

    def begin_row(self) -> None:
        """Before the first output of a channel's row."""
        self.pixel, self.in_loop = 0, False

    def loop(self, steps: int) -> None:
        """Behind the loop, tiles of two may begin."""
        if self.loops:
            self.in_loop = True
            super().loop(steps)
            self.in_loop = False
            if self.pixel == self.tiling.first:
                self.take_twos()

    def put(self, sums: list[Register]) -> None:
        """As that of tiles that are alike."""
        for value in sums:
            self.scale(value)
        for value in sums:
            saturate(self.a, "ssat", value, self.shift)
        for value in sums:
            self.store_pixel(value)
        self.a.drop(*sums)

    def store_pixel(self, value: Register) -> None:
        """Puts the next output into the columns, which go on behind the last of a tile, but for the row's."""
        tiling = self.tiling
        before = self.pixel < tiling.first
        size = tiling.tile_pixels if before else 2
        place = (self.pixel - (0 if before else tiling.first)) % size
        self.a(f"{self.put_value} {value}, [{self.columns}, #{4 * place}]")
        self.pixel += 1
        if place < size - 1 or self.pixel == tiling.pixels:
            return
        if self.pixel == tiling.first and not self.in_loop:
            self.take_twos()
        else:
            self.go_on(self.frame.next_pixels if before else self.frame.next_two)

    def take_twos(self) -> None:
        """The columns go on at the tiles of two, unless there are none."""
        if self.tiling.twos:
            self.a(f"ldr {self.a.anew(self.columns)}, {self.frame.twos}")

    def go_on(self, step: Slot) -> None:
        """The columns go on by so many bytes."""
        with self.a.holding(r0="bytes to the next pixels that stand together") as (to_next,):
            self.a(f"ldr {to_next}, {step}")
            self.a(f"add {self.columns}, {to_next}", "the next pixels")


class MixedStride1(Mixed, Stride1):
    """Rows of at least 5: three outputs from the first word, three from the last, and between them pairs. The first of
    the last three is the last of the pairs."""

    frame_bytes = 52

    def __init__(self, compact: bool, plain: bool, tiling: Tiling, shift: int, loops: bool) -> None:
        self.tiling = tiling
        super().__init__(compact, plain, tiling.tile_pixels, shift, loops)

    def outputs(self) -> None:
        """See the class."""
        a = self.a
        self.begin_row()
        a.note("three outputs at the left border")
        self.put(self.three(LEFT, 2))
        self.loop(_LOOP_PAIRS)
        for _ in range((self.tiling.pixels - 5) // 2 - _LOOP_PAIRS * self.loops):
            self.pair()
        a(f"subs {self.row}, #1", "one output once more")
        a.note("three outputs at the right border")
        sums = self.three(RIGHT, 4)
        a.drop(sums.pop(0))
        self.put(sums)


class MixedStride2(Mixed, Stride2):
    """Pairs of outputs before, in and behind the loop, and one more."""

    frame_bytes = 60

    def __init__(self, compact: bool, plain: bool, tiling: Tiling, shift: int, loops: bool, left: int) -> None:
        self.tiling = tiling
        super().__init__(compact, plain, tiling.tile_pixels, shift, loops, True, left)

    def outputs(self) -> None:
        """See the class."""
        self.begin_row()
        pairs = self.tiling.pixels // 2 - _LOOP_PAIRS * self.loops
        if self.left:
            self.pair(beside=False)
            pairs -= 1
        self.loop(_LOOP_PAIRS)
        for _ in range(pairs):
            self.pair()
        self.one()
