"""How the pixels of a row stand in tiles, which the matrix kernels take at a time.

The more pixels a tile has, the fewer instructions load weights: four weights of two channels take 11 instructions with
one pixel, 15 with two, 19 with three. Rows whose width three or two divides are tiled by as many. Others have tiles of
three, with one or two tiles of two at their end: 5 = 3 + 2, 7 = 3 + 2 + 2, 11 = 3 + 3 + 3 + 2.
"""

from __future__ import annotations

from dataclasses import dataclass

# Pixels that are a multiple of both 2 and 3: after as many, the depthwise kernels do the same again.
_PERIOD = 6


@dataclass(frozen=True)
class Tiling:
    """Pixels of a row, or of a part of it. tile_pixels: of the first tiles. twos: pixels at the end that stand in tiles
    of two, 0 where all tiles are alike."""

    pixels: int
    tile_pixels: int
    twos: int = 0

    @property
    def first(self) -> int:
        """Pixels before those in tiles of two."""
        return self.pixels - self.twos

    @property
    def text(self) -> str:
        """The sizes of its tiles, for people."""
        return f"{self.tile_pixels} and 2" if self.twos else str(self.tile_pixels)


def mixed_tiling(pixels: int) -> Tiling:
    """Tiles of three and two for an odd number of pixels; of one for a single pixel."""
    assert pixels % 2 == 1
    return Tiling(1, 1) if pixels == 1 else Tiling(pixels, 3, 2 * (-pixels % 3))


def loop_turns(tiling: Tiling, stride: int, left: int) -> int:
    """Turns of the loop, over six pixels, of the depthwise kernels for mixed tiles: what it leaves is written out.
    stride, left: of the windows and their padding.

    At stride 1 three outputs stand before it and three behind. At stride 2 the last output is apart, and the first two
    where windows are padded at the left. Only whole tiles of three are in it.
    """
    if stride == 1:
        return min((tiling.pixels - 5) // 2 // 3, (tiling.first - 3) // _PERIOD)
    pairs = tiling.pixels // 2
    if left:
        return max(0, min((pairs - 1) // 3, (tiling.first - 2) // _PERIOD))
    return min(pairs // 3, tiling.first // _PERIOD)


def written_pixels(tiling: Tiling, turns: int) -> int:
    """Pixels of the shortest row that is written as this one, with one turn of the loop if it has any."""
    return tiling.pixels - _PERIOD * max(0, turns - 1)
