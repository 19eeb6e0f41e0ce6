"""Groups of pixels of the DSP kernels."""

from __future__ import annotations

from itertools import product

import pytest

from mcugen.kernels.dsp.depthwise_kernels import depthwise
from mcugen.kernels.dsp.groups import Groups, loop_turns, mixed_groups, written_pixels
from mcugen.kernels.dsp.shapes import DspDepthwise


@pytest.mark.parametrize(
    ("pixels", "text"),
    [(1, "1"), (2, "2"), (3, "3"), (4, "2"), (5, "3 and 2"), (7, "3 and 2"), (9, "3"), (25, "3 and 2")],
)
def test_sizes(pixels: int, text: str) -> None:
    assert mixed_groups(pixels).text == text


@pytest.mark.parametrize("pixels", range(1, 60))
def test_every_pixel_is_in_one_whole_group(pixels: int) -> None:
    groups = mixed_groups(pixels)
    assert groups.first % groups.group == 0
    assert groups.twos in (0, 2, 4)
    assert (groups.first > 0) or not groups.twos


@pytest.mark.parametrize(("pixels", "stride", "left"), list(product(range(5, 60, 2), (1, 2), (0, 1))))
def test_a_row_is_written_as_the_shortest_of_its_kind(pixels: int, stride: int, left: int) -> None:
    """What is left of a row does not depend on how often its loop turns, and the loop stays in groups of three."""
    groups = mixed_groups(pixels)
    turns = loop_turns(groups, stride, left)
    shortest = mixed_groups(written_pixels(groups, turns))
    assert 6 * turns <= groups.first
    assert loop_turns(shortest, stride, left) == min(turns, 1)
    assert (shortest.twos, groups.pixels - shortest.pixels) == (groups.twos, 6 * max(0, turns - 1))


@pytest.mark.parametrize("pixels", [5, 7, 9, 11, 13, 15])
def test_a_row_stores_every_output_once(pixels: int) -> None:
    lines = depthwise(
        DspDepthwise("S1_MIXED", False, (pixels, 3, "LOOP" if loop_turns(_row(pixels), 1, 1) else "NONE"))
    )
    assert sum("strb" in line for line in lines) == pixels


def _row(pixels: int) -> Groups:
    return mixed_groups(pixels)
