"""Tiles of pixels of the DSP kernels."""

from __future__ import annotations

from itertools import product

import pytest

from mcugen.kernels.dsp.depthwise_kernels import depthwise
from mcugen.kernels.dsp.shapes import DspDepthwise
from mcugen.kernels.dsp.tiling import (
    Tiling,
    filled_pixels,
    loop_turns,
    mixed_tiling,
    overlapped,
    stand_together,
    window_work,
    written_pixels,
)


@pytest.mark.parametrize(
    ("pixels", "text"),
    [(1, "1"), (3, "3"), (5, "3 and 2"), (7, "3 and 2"), (9, "3"), (25, "3 and 2")],
)
def test_sizes(pixels: int, text: str) -> None:
    assert mixed_tiling(pixels).text == text


@pytest.mark.parametrize("pixels", range(1, 60, 2))
def test_every_pixel_is_in_one_whole_tile(pixels: int) -> None:
    tiling = mixed_tiling(pixels)
    assert tiling.first % tiling.tile_pixels == 0
    assert tiling.twos in (0, 2, 4)
    assert (tiling.first > 0) or not tiling.twos


def test_rows_of_pairs_have_long_turns_where_three_of_them_divide_a_row() -> None:
    assert [stand_together(2, outputs) for outputs in (6, 8, 12, 14, 18)] == [6, 2, 6, 2, 6]
    assert stand_together(3, 6) == 3


@pytest.mark.parametrize("width", range(3, 40))
def test_overlapping_blocks_fill_every_pixel(width: int) -> None:
    tiling, fills = overlapped(width)
    filled = filled_pixels(width, tiling, fills)
    assert set(filled) == set(range(width))
    assert len(filled) - width == -width % 3
    assert filled[-3:] == list(range(width))[-3:]


def test_overlapping_blocks_are_taken_where_they_are_less_work() -> None:
    def shorter(width: int, channels: int) -> bool:
        alike = Tiling(2, 2) if width % 2 == 0 else Tiling(1, 1)
        return window_work(*overlapped(width), channels) < window_work(alike, width // alike.pixels, channels)

    assert [width for width in (4, 5, 7, 8, 10, 14, 16, 32) if shorter(width, 64)] == [5, 7, 8, 14, 16, 32]
    # Few channels do not pay for windows that are copied twice.
    assert not shorter(8, 4)


@pytest.mark.parametrize(("pixels", "stride", "left"), list(product(range(5, 60, 2), (1, 2), (0, 1))))
def test_a_row_is_written_as_the_shortest_of_its_kind(pixels: int, stride: int, left: int) -> None:
    """What is left of a row does not depend on how often its loop turns, and the loop stays in tiles of three."""
    tiling = mixed_tiling(pixels)
    turns = loop_turns(tiling, stride, left)
    shortest = mixed_tiling(written_pixels(tiling, turns))
    assert 6 * turns <= tiling.first
    assert loop_turns(shortest, stride, left) == min(turns, 1)
    assert (shortest.twos, tiling.pixels - shortest.pixels) == (tiling.twos, 6 * max(0, turns - 1))


@pytest.mark.parametrize("pixels", [5, 7, 9, 11, 13, 15])
@pytest.mark.parametrize(("variant", "stride", "left"), [("S1_MIXED", 1, 1), ("S2_MIXED", 2, 0), ("S2_MIXED", 2, 1)])
def test_a_row_stores_every_output_once(variant: str, stride: int, left: int, pixels: int) -> None:
    loop = "LOOP" if loop_turns(mixed_tiling(pixels), stride, left) else "LOOP_NONE"
    arguments = (pixels, 3, loop, *((left,) if stride == 2 else ()))
    for plain, store in ((False, "strb"), (True, "strh")):
        assert sum(store in line for line in depthwise(DspDepthwise(variant, False, plain, arguments))) == pixels
