"""How a row's pixels are shared out to blocks of columns, and the pixels of a block to tiles."""

from __future__ import annotations

from mcugen.kernels.dsp.shapes import UNROLLED_TAPS
from mcugen.kernels.dsp.tiling import Tiling, mixed_tiling, overlapped, window_work
from mcugen.kernels.shapes import COLUMNS_BYTES, fewest_fills
from mcugen.plan.stage import Stage


def row_blocks(stage: Stage, depth: int, *, eight: bool, four: bool) -> tuple[Tiling, int]:
    """The tiling of a block of columns, and how many blocks a row is. A depthwise convolution makes a whole row;
    windows are copied for as many pixels as a small block holds. eight: the kernel of depth 8, which takes pixels one
    by one. four: that of four channels, which takes two; its blocks are not larger than those of the others would be.

    Even rows stay tiles of two: mixed ones would save an eighth of the matrix kernel's instructions, for a second
    kernel in flash. Large windows, whose blocks are filled one after the other, may have overlapping tiles of three.
    """
    width = stage.output.width
    if four:
        most = max(2, row_blocks(stage, depth, eight=eight, four=False)[0].pixels)
        fills = next(n for n in range(1, width) if width % (2 * n) == 0 and width // n <= most)
        return Tiling(width // fills, 2), fills
    alike = 1 if eight else next(tile for tile in (3, 2, 1) if width % tile == 0)
    mixes = not eight and alike == 1
    fills = 1 if stage.is_separable else fewest_fills(width, alike, 2 * depth) or width // alike
    pixels = width // fills
    blocks = (mixed_tiling(pixels) if mixes else Tiling(pixels, alike)), fills
    op = stage.matrix
    if stage.is_separable or op is None or op.weights[0].size <= UNROLLED_TAPS or op.reads_single_pixels or width < 3:
        return blocks
    threes = overlapped(width)
    if 2 * depth * threes[0].pixels > COLUMNS_BYTES:
        return blocks
    return min(blocks, threes, key=lambda these: window_work(these[0], these[1], len(op.weights)))
