"""Shapes that DSP kernels are assembled for: each has the call of the function that does the same in portable C.

What may differ between stages that share a kernel is no part of its shape but handed to it when it is called.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from mcugen.kernels.dsp.tiling import mixed_tiling

_MATRIX_PARAMETERS = "const void *stream, const void *columns, void *row, const uint32_t *shape"
_FORMS = {"fitted": 0, "fitted_addend": 1, "signed": 2}
_MINIMUM = {"usat": 0, "ssat": -128}
UNROLLED_TAPS = 64
"""Values of windows whose copying is unrolled."""
END_CONSTANTS = {form: number + 1 for form, number in _FORMS.items()}
"""Words of constants of each form of the end of a sum."""


def pair_bytes(depth: int, form: str) -> int:
    """Bytes that the matrix kernel reads for two output channels: starts of their sums, weights, and constants."""
    return 8 + 2 * depth + 8 * END_CONSTANTS[form]


class DspShape(ABC):
    """The shape of a kernel. parameters: of its function. portable: the inline C function that does the same."""

    parameters: ClassVar[str]
    portable: ClassVar[str]

    @property
    @abstractmethod
    def arguments(self) -> tuple[int, ...]:
        """Literals that follow the parameters in the call of the portable function."""


@dataclass(frozen=True)
class DspMatrix(DspShape):
    """pixels: at a time. x_stride: bytes of the output. form: of the end of its sums. saturate: usat or ssat. shift: of
    the rescaling. peel, loop: quads before the loop but for the first, and in a turn of it; 0 where there is none.
    paired: weights of both output channels stand in one word, and columns hold the values themselves. alternates: the
    stream has them for two pairs of channels in turns, of which the function takes every other one; three paired pixels
    only."""

    parameters: ClassVar[str] = _MATRIX_PARAMETERS
    portable: ClassVar[str] = "matrix_portable"
    pixels: int
    x_stride: int
    form: str
    saturate: str
    shift: int
    peel: int
    loop: int
    paired: bool
    alternates: bool = False

    @property
    def arguments(self) -> tuple[int, ...]:
        """Pixels, bytes from pixel to pixel, what the end of a sum is, its lowest output and shift, whether weights
        are paired, and whether pairs alternate."""
        end = _FORMS[self.form], _MINIMUM[self.saturate], self.shift
        return self.pixels, self.x_stride, *end, int(self.paired), int(self.alternates)


@dataclass(frozen=True)
class DspMatrixFour(DspShape):
    """Of four output channels by two pixels, paired. As of `DspMatrix`."""

    parameters: ClassVar[str] = _MATRIX_PARAMETERS
    portable: ClassVar[str] = "four_portable"
    x_stride: int
    form: str
    saturate: str
    shift: int
    peel: int
    loop: int

    @property
    def arguments(self) -> tuple[int, ...]:
        """Bytes from pixel to pixel, what the end of a sum is, and its lowest output and shift."""
        return self.x_stride, _FORMS[self.form], _MINIMUM[self.saturate], self.shift


@dataclass(frozen=True)
class DspMatrixEight(DspShape):
    """Of depth 8. unroll: pixels of a turn. plain: as of `DspDepthwise`. The others: as of `DspMatrix`."""

    parameters: ClassVar[str] = _MATRIX_PARAMETERS
    portable: ClassVar[str] = "eight_portable"
    x_stride: int
    saturate: str
    shift: int
    unroll: int
    plain: bool

    @property
    def arguments(self) -> tuple[int, ...]:
        """Bytes from pixel to pixel, lowest output, shift, and the form of the columns."""
        return self.x_stride, _MINIMUM[self.saturate], self.shift, int(self.plain)


@dataclass(frozen=True)
class DspMatrixPixel(DspShape):
    """Of one pixel. rows: output channels at a time. tail: values of the column behind its quads. peel, loop: quads
    before the loop, and in a turn of it; 0 where there is none. The others: as of `DspMatrix`."""

    parameters: ClassVar[str] = _MATRIX_PARAMETERS
    portable: ClassVar[str] = "pixel_portable"
    rows: int
    form: str
    saturate: str
    shift: int
    tail: int
    peel: int
    loop: int

    @property
    def pairs(self) -> int:
        """Pairs of output channels whose weights stand in one word."""
        return self.rows // 2

    @property
    def single(self) -> bool:
        """Whether the last output channel has words of its own."""
        return self.rows % 2 == 1

    def words(self, values: int) -> int:
        """Words of weights of so many values of the column, at most four."""
        return self.pairs * min(values, 2) + self.single

    def stream_words(self, depth: int) -> int:
        """Words of all that the stream has for the output channels of one tile."""
        weights = depth // 4 * self.words(4) + (self.words(self.tail) if self.tail else 0)
        return weights + self.rows * (1 + END_CONSTANTS[self.form])

    @property
    def arguments(self) -> tuple[int, ...]:
        """Channels at a time, values of the tail, what the end of a sum is, and its lowest output and shift."""
        return self.rows, self.tail, _FORMS[self.form], _MINIMUM[self.saturate], self.shift


@dataclass(frozen=True)
class DspFirst(DspShape):
    """Of the first convolution. channels: of the image. halves: of quads in a column. step: bytes from window to
    window. outputs: channels. channel_stride, x_stride: bytes of the output. saturate, shift: as of `DspMatrix`."""

    parameters: ClassVar[str] = "const void *stream, const int8_t *const *rows, void *row, uint32_t pixels"
    portable: ClassVar[str] = "first_portable"
    channels: int
    halves: int
    step: int
    outputs: int
    channel_stride: int
    x_stride: int
    saturate: str
    shift: int

    @property
    def arguments(self) -> tuple[int, ...]:
        """The windows, the strides of the output, lowest output and shift."""
        sizes = self.channels, self.halves, self.step, self.outputs, self.channel_stride, self.x_stride
        return *sizes, _MINIMUM[self.saturate], self.shift


@dataclass(frozen=True)
class DspDepthwise(DspShape):
    """variant: by stride, and for rows too short for a loop. compact: the form of the table. plain: columns
    hold the values themselves, not 256-fold. written: what its code is written for."""

    parameters: ClassVar[str] = "const void *table, const uint8_t *const *rows, void *columns, const uint32_t *shape"
    portable: ClassVar[str] = "depthwise_portable"
    variant: str
    compact: bool
    plain: bool
    written: tuple[str | int, ...]

    @property
    def is_mixed(self) -> bool:
        """Whether the row is tiles of three and two pixels."""
        return self.variant.endswith("MIXED")

    @property
    def arguments(self) -> tuple[int, ...]:
        """The forms of table and columns, pixels of a tile, shift, stride, padding at the left, whether tiles are
        mixed, and the pixels in tiles of two."""
        first, *others = self.written
        stride = 2 if self.variant.startswith("S2") else 1
        left = int(others[-1]) if stride == 2 else 1
        if self.is_mixed:
            return int(self.compact), int(self.plain), 3, int(others[0]), stride, left, 1, mixed_tiling(int(first)).twos
        short = {"S1_SHORT": 3, "S1_FOUR": 2}.get(self.variant)
        tile, shift = (short, int(first)) if short else (2 if first == 6 else int(first), int(others[0]))
        return int(self.compact), int(self.plain), tile, shift, stride, left, 0, 0
