"""Synthetic layers of depthwise convolutions: windows of many sizes over wide maps and narrow ones."""

from __future__ import annotations

from dataclasses import replace
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


def planar_images(number: int) -> Graph:
    """Depthwise convolutions of the image itself, of two channels to four, by large windows and small ones, each of
    few outputs in a row."""
    shapes = (17, 16, 2), (14, 13, 3), (16, 15, 2), (20, 24, 4), (11, 12, 2), (18, 17, 2)
    shape = (*shapes, (21, 22, 3), (19, 13, 2), (13, 20, 2), (24, 18, 2))[number]
    sides = ((12, 11), (9, 8), (11, 12), (3, 3), (5, 5), (13, 10), (14, 9), (9, 9), (10, 13), (15, 12))[number]
    block = Block("depthwise", sides, (1, 1), (0, 0, 0, 0), **{**LINEAR, "zero_point": -6})
    return build(shape, rounding(1), [block, Block("conv", channels=3, **LINEAR)], None, seed=number)


def small_maps(number: int) -> Graph:
    """Depthwise convolutions of maps of two or three rows, between means, as at the end of networks."""
    shape = ((4, 4, 4), (4, 6, 8), (6, 4, 2), (6, 6, 3), (4, 4, 1), (8, 4, 4), (6, 6, 2), (8, 6, 1))[number]
    side = 5 if number > 5 else 3
    depthwise = Block("depthwise", (side, side), (1, 1), (side // 2,) * 4)
    blocks = [Block("conv", channels=(8, 12, 16, 6, 24, 8, 8, 12)[number], **RELU)]
    kind = ("average", "maximum")[number // 3 % 2]
    blocks.append(Block(kind, (2, 2), (2, 2), (0, 0, 0, 0), zero_point=-128, option=0))
    blocks.append(replace(depthwise, **ENDINGS[1 - number % 2]))
    if number in (1, 3, 5, 7):
        blocks += [Block("conv", channels=8, **RELU), replace(depthwise, **RELU)]
    blocks += [Block("global_average", zero_point=1, option=1), Block("conv", channels=4, **LINEAR)]
    return build(shape, rounding(1 if number % 3 else 0), blocks, None, seed=number)


def _size_of(
    size: tuple[int, int], sides: tuple[int, int], stride: int, padding: tuple[int, int, int, int]
) -> tuple[int, int] | None:
    """Rows and columns of what windows make of a map of `size`; None where they do not fit in it."""
    around = (sum(padding[:2]), sum(padding[2:]))
    left = [side + pads - window for side, pads, window in zip(size, around, sides, strict=True)]
    return (left[0] // stride + 1, left[1] // stride + 1) if min(left) >= 0 else None
