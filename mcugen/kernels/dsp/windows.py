"""How windows that lie in the image are copied into columns.

A word of a 256-fold column holds two values half a column apart, of a plain one two of the same four.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from mcugen.ir import Conv2D
from mcugen.kernels.dsp.shapes import UNROLLED_TAPS
from mcugen.plan.buffer import Buffer

_UNROLLED_WORDS = (4, 2, 1)
"""Words that a turn copies: the first of these that divides their number."""


@dataclass(frozen=True)
class Place:
    """A value of a window. row: of the window. at: values before it in that row."""

    row: int
    at: int


@dataclass(frozen=True)
class Run:
    """Neighbouring words of a column whose low halves are neighbours in a row of the window, and whose high halves are,
    too. low, high: the first ones; high None: there are none. unrolled: words that a turn copies."""

    words: int
    unrolled: int
    low: Place
    high: Place | None


@dataclass(frozen=True)
class Words:
    """What is copied into plain columns four values at a time, as they stand in memory. row: values of a row of a
    window, or of a pixel of a pointwise convolution, 0 if they are not. pixel: whether a pixel's channels are.
    unrolled: words that a turn copies."""

    row: int
    pixel: bool
    unrolled: int


def refused_widening(op: Conv2D) -> str:
    """Why plain columns of a convolution take longer to make than 256-fold ones, "" where they do not: they are made
    four values at a time, or by code that is written out. In large windows whose rows are no whole words each value
    would be copied by itself."""
    row = op.window.kernel[1] * op.weights.shape[3]
    if op.reads_single_pixels or op.weights[0].size <= UNROLLED_TAPS or row % 4 == 0:
        return ""
    return f"rows of {row} values of a window are no whole words"


def copied_words(op: Conv2D, source: Buffer) -> Words:
    """How rows of the input are copied into plain columns."""
    channels = op.weights.shape[3]
    neighbours = source.channel_stride == 1
    pixel = neighbours and channels % 4 == 0
    row = op.window.kernel[1] * channels
    if op.reads_single_pixels:
        values = channels // 4 * 4 if neighbours else 0
    else:
        values = row if neighbours and source.x_stride == channels and row % 4 == 0 else 0
    unrolled = next((words for words in _UNROLLED_WORDS if values // 4 % words == 0), 1)
    return Words(values, pixel, unrolled)


def copied_runs(op: Conv2D, depth: int, source: Buffer) -> list[Run]:
    """The runs of a column of `depth` values, in their order; none where each value is copied by itself: where windows
    are small, and where a pixel's channels are no neighbours in its row."""
    channels, values = op.weights.shape[3], op.weights[0].size
    if values <= UNROLLED_TAPS or (source.x_stride, source.channel_stride) != (channels, 1):
        return []
    half, row_values = depth // 2, op.window.kernel[1] * channels
    ends = {half, *(k % half for k in range(row_values, min(values + 1, depth), row_values))} - {0}
    return [_run(first, end, half, row_values, values) for first, end in pairwise([0, *sorted(ends)])]


def _run(first: int, end: int, half: int, row_values: int, values: int) -> Run:
    unrolled = next(words for words in _UNROLLED_WORDS if (end - first) % words == 0)
    low, high = (Place(*divmod(k, row_values)) for k in (first, first + half))
    return Run(end - first, unrolled, low, high if first + half < values else None)
