"""Groups of pixels of the DSP kernels."""

from __future__ import annotations

from itertools import product

import pytest

from mcugen.kernels.dsp.depthwise_kernels import depthwise
from mcugen.kernels.dsp.groups import loop_turns, mixed_groups, written_pixels
from mcugen.kernels.dsp.shapes import DspDepthwise


@pytest.mark.parametrize(
    ("pixels", "text"),
    [(1, "1"), (3, "3"), (5, "3 and 2"), (7, "3 and 2"), (9, "3"), (25, "3 and 2")],
)
def test_sizes(pixels: int, text: str) -> None:
    assert mixed_groups(pixels).text == text


@pytest.mark.parametrize("pixels", range(1, 60, 2))
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
@pytest.mark.parametrize(("variant", "stride", "left"), [("S1_MIXED", 1, 1), ("S2_MIXED", 2, 0), ("S2_MIXED", 2, 1)])
def test_a_row_stores_every_output_once(variant: str, stride: int, left: int, pixels: int) -> None:
    loop = "LOOP" if loop_turns(mixed_groups(pixels), stride, left) else "LOOP_NONE"
    arguments = (pixels, 3, loop, *((left,) if stride == 2 else ()))
    assert sum("strb" in line for line in depthwise(DspDepthwise(variant, False, arguments))) == pixels
