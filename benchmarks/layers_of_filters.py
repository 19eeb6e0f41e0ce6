"""Synthetic layers of depthwise convolutions whose windows are no squares of three, over wide maps and narrow ones."""

from __future__ import annotations

from random import Random

from layer_blocks import ENDINGS, LINEAR, RELU, build, rounding

from mcugen.ir import Graph
from tests.support.graph_builder import Block

_WIDTHS = (4, 6, 9, 2, 3, 5, 14, 30, 13, 8, 27, 7, 12, 15, 10, 7, 11, 9)


def filters(number: int) -> Graph:
    """Depthwise convolutions of 5 by 5 and of other windows before pointwise ones, over maps of one column to thirty,
    which they reach out of or not; the last are of many channels, whose sums few forms of a requantization fit."""
    random = Random(5000 + number)
    width = _WIDTHS[number]
    size, many = (17 if number < 12 else 9, width), number >= 12
    shape = (*size, 1 + number % 3)
    blocks = [Block("conv", channels=64 if many else random.choice((8, 12, 24, 32, 48)), **RELU)]
    for position in range(4):
        sides = random.choice(((5, 5), (5, 5), (5, 5), (7, 7), (3, 3), (3, 5), (2, 3)))
        stride, half, rest = 1 + (position == 2), [side // 2 for side in sides], [(side - 1) // 2 for side in sides]
        paddings = ((half[0], rest[0], half[1], rest[1]), (rest[0] - 1, half[0], half[1] - 1, half[1]), (0, 0, 0, 0))
        padding = random.choice([pads for pads in paddings if min(pads) >= 0 and _size_of(size, sides, 1, pads)])
        size = _size_of(size, sides, stride, padding)
        blocks.append(Block("depthwise", sides, (stride, stride), padding, **random.choice(ENDINGS)))
        depth = random.choice((48, 56, 64)) if many else random.choice((8, 12, 20, 32, 48))
        blocks.append(Block("conv", channels=depth, **random.choice(ENDINGS)))
    return build(shape, rounding(number), blocks, None, seed=number)


def signed_filters(number: int) -> Graph:
    """Depthwise convolutions of large windows over an image and over maps that are pooled, whose values have signs."""
    height, width = ((20, 21), (17, 25), (28, 25))[number]
    blocks = []
    for sides in (((12, 11), (5, 5), (3, 5)), ((4, 4), (7, 7), (5, 3)), ((11, 12), (8, 8), (8, 5)))[number]:
        blocks.append(Block("depthwise", sides, (1, 1), (0, 0, 0, 0), **ENDINGS[number % 2]))
        blocks.append(Block("conv", channels=(8, 12, 10)[number], **LINEAR))
        blocks.append(Block("maximum", (2, 2), zero_point=3, option=1))
    return build((height, width, 2), rounding(number), blocks[:-1], None, seed=number)


def _size_of(
    size: tuple[int, int], sides: tuple[int, int], stride: int, padding: tuple[int, int, int, int]
) -> tuple[int, int] | None:
    """Rows and columns of what windows make of a map of `size`; None where they do not fit in it."""
    around = (sum(padding[:2]), sum(padding[2:]))
    left = [side + pads - window for side, pads, window in zip(size, around, sides, strict=True)]
    return (left[0] // stride + 1, left[1] // stride + 1) if min(left) >= 0 else None
