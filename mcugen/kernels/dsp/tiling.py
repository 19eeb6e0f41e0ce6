"""How the pixels of a row stand in tiles, which the matrix kernels take at a time.

The more pixels a tile has, the fewer instructions load weights: four weights of two channels take 11 instructions with
one pixel, 15 with two, 19 with three. Rows whose width three or two divides are tiled by as many. Others have tiles of
three, with one or two tiles of two at their end: 5 = 3 + 2, 7 = 3 + 2 + 2, 11 = 3 + 3 + 3 + 2.

Rows of windows that are copied in blocks may have tiles of three, too, of which the last begins where it ends with the
row: 8 = 3 + 3 + 3 with one pixel twice.
"""

from __future__ import annotations

from dataclasses import dataclass

# Pixels that are a multiple of both 2 and 3: after as many, the depthwise kernels do the same again.
_PERIOD = 6
# Instructions for four weights of two channels, by the pixels of a tile; and for copying a value of a window.
_TILE_INSTRUCTIONS = {1: 11, 2: 15, 3: 19}
_COPY_INSTRUCTIONS = 2.6


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


def stand_together(tile_pixels: int, outputs: int) -> int:
    """What the depthwise kernels are written for: the pixels of a tile; 6 for tiles of two where a row is a multiple of
    six, of which a turn of the loop then makes as many as of tiles of three."""
    return _PERIOD if tile_pixels == 2 and outputs % _PERIOD == 0 else tile_pixels


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


def overlapped(width: int) -> tuple[Tiling, int]:
    """The tiling of blocks of one tile of three, and how many of them a row is; width: at least 3."""
    return Tiling(3, 3), -(-width // 3)


def filled_pixels(width: int, tiling: Tiling, fills: int) -> list[int]:
    """The pixels of a row in the order in which blocks are filled with their columns: the last block ends with it."""
    begins = (min(block * tiling.pixels, width - tiling.pixels) for block in range(fills))
    return [begin + x for begin in begins for x in range(tiling.pixels)]


def window_work(tiling: Tiling, fills: int, channels: int) -> float:
    """Instructions, about, for each value of a row's windows: to copy it for all pixels, and to multiply it for all
    output channels. fills: blocks that a row is."""
    tiles = [tiling.tile_pixels] * (tiling.first // tiling.tile_pixels) + [2] * (tiling.twos // 2)
    multiplied = sum(_TILE_INSTRUCTIONS[pixels] for pixels in tiles)
    return fills * (_COPY_INSTRUCTIONS * tiling.pixels + channels / 8 * multiplied)
