"""Synthetic layers of depthwise convolutions: windows of many sizes over wide maps and narrow ones."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from layer_blocks import ENDINGS, LINEAR, RELU, build, rounding

from mcugen.ir import DepthwiseConv2D, Graph
from tests.support.graph_builder import Block

_SIDES = (
    *((3, 3), (3, 3), (3, 3), (5, 5), (5, 5), (1, 3), (3, 1), (2, 2), (2, 3), (3, 2), (3, 5), (5, 3), (4, 4), (7, 7)),
    (1, 1),
)
_SLIM = (
    *((1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 2), (2, 3), (3, 3), (4, 2), (6, 1), (9, 2), (5, 3), (12, 3), (7, 4)),
    *((4, 4), (6, 5), (1, 5), (2, 6), (8, 7), (5, 5), (11, 1), (10, 4)),
)
"""Rows and columns."""
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
    shapes += (21, 22, 3), (19, 13, 2), (13, 20, 2), (24, 18, 2), (15, 16, 2), (12, 13, 3), (16, 15, 2), (14, 17, 2)
    shape = (*shapes, (13, 14, 3), (17, 19, 2), (15, 14, 3), (20, 16, 2))[number]
    sides = (12, 11), (9, 8), (11, 12), (3, 3), (5, 5), (13, 10), (14, 9), (9, 9), (10, 13), (15, 12), (8, 8), (7, 7)
    sides = (*sides, (10, 10), (11, 10), (6, 7), (12, 12), (7, 9), (14, 12))[number]
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


def slim(number: int) -> Graph:
    """Depthwise convolutions of maps of one column to seven, and of one row to twelve: by windows of every size, padded
    or not, one behind the other, before pointwise ones, or before a pool."""
    random = Random(6000 + number)
    size = _SLIM[number % len(_SLIM)]
    blocks = [Block("conv", channels=random.choice((4, 8, 12, 20)), **random.choice(ENDINGS))]
    shape = (*size, 1 + number % 4)
    for _ in range(7):
        sides = random.choice(_SIDES)
        half, rest = [side // 2 for side in sides], [(side - 1) // 2 for side in sides]
        paddings = ((half[0], rest[0], half[1], rest[1]), (rest[0], half[0], rest[1], half[1]), (0, 0, 0, 0))
        padding = random.choice([pads for pads in paddings if _size_of(size, sides, 1, pads)])
        stride = 2 if random.random() < 0.15 and min(size) > 2 else 1
        after = _size_of(size, sides, stride, padding)
        assert after is not None
        size = after
        blocks.append(Block("depthwise", sides, (stride, stride), padding, **random.choice(ENDINGS)))
        if random.random() < 0.6:
            blocks.append(Block("conv", channels=random.choice((4, 8, 12, 16, 24)), **random.choice(ENDINGS)))
    if number % 2:
        blocks.append(Block("global_average", zero_point=1, option=1))
    return build(shape, rounding(number // 2), blocks, None, seed=number)


def inside(number: int) -> Graph:
    """Depthwise convolutions of 5 by 5 and 3 by 3 whose windows all lie in the map, over rows of three outputs to
    fourteen, before pointwise ones."""
    width, side = (7, 5, 10, 3, 8, 13, 11, 6, 4, 14)[number % 10], (5, 3)[number // 10 % 2]
    stride, channels = 1 + (number % 3 == 2), (12, 8, 16, 20, 24, 6)[number % 6]
    blocks = [
        Block("conv", channels=channels, **ENDINGS[number % 2]),
        Block("depthwise", (side, side), (stride, stride), (0, 0, 0, 0), **RELU),
        Block("conv", channels=(8, 12, 16)[number % 3], **ENDINGS[number // 2 % 2]),
    ]
    shape = (side + 3 * stride, side + (width - 1) * stride, 3)
    return build(shape, rounding(number // 2), blocks, None, seed=number)


def exactly_rounded(number: int) -> Graph:
    """Depthwise convolutions with a channel that is multiplied by more than 1, for which only the exact rounding does:
    of usual windows over maps that they reach out of or not, before pointwise ones or one behind the other."""
    random = Random(7000 + number)
    shape = size = ((12, 9), (7, 12), (6, 6), (9, 14), (6, 21), (11, 8), (5, 5), (14, 11), (16, 4), (6, 3))[number % 10]
    blocks = [Block("conv", channels=(12, 24, 16)[number % 3], **RELU)]
    for position in range(5):
        side = (5, 3, 5)[(position + number) % 3]
        pads = (0 if position == 3 and min(size) > side else side // 2,) * 4
        stride = 2 if position == 4 and min(size) > 3 else 1
        after = _size_of(size, (side, side), stride, pads)
        assert after is not None
        size = after
        blocks.append(Block("depthwise", (side, side), (stride, stride), pads, **random.choice(ENDINGS)))
        if random.random() < 0.7:
            blocks.append(Block("conv", channels=random.choice((12, 16, 20, 28, 32)), **random.choice(ENDINGS)))
    graph = build((*shape, 3), rounding(number // 2), blocks, None, seed=number)
    operators = [_with_more(op) if isinstance(op, DepthwiseConv2D) else op for op in graph.operators]
    return replace(graph, operators=tuple(operators))


def _with_more(op: DepthwiseConv2D) -> DepthwiseConv2D:
    """The same with a first channel that is multiplied by more than 1."""
    shift = op.requantization.broadcast(op.weights.shape[2]).shift.copy()
    shift[0] = 1
    return replace(op, requantization=replace(op.requantization, shift=shift))


def _size_of(
    size: tuple[int, int], sides: tuple[int, int], stride: int, padding: tuple[int, int, int, int]
) -> tuple[int, int] | None:
    """Rows and columns of what windows make of a map of `size`; None where they do not fit in it."""
    around = (sum(padding[:2]), sum(padding[2:]))
    left = [side + pads - window for side, pads, window in zip(size, around, sides, strict=True)]
    return (left[0] // stride + 1, left[1] // stride + 1) if min(left) >= 0 else None
