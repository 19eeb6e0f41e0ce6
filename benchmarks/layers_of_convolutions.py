"""Synthetic layers of convolutions: depthwise-separable, standard, dense, of every width and window."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from random import Random

from layer_blocks import ENDINGS, LINEAR, RELU, SAME, build, rounding

from mcugen.ir import Conv2D, Graph
from mcugen.ir.operators.pad import Pad
from tests.support.graph_builder import Block

_DEPTHS = (8, 16, 4, 12, 8, 24, 40, 20, 8, 32, 12, 64, 16, 48, 8, 136, 72)
_ODD_CHANNELS = (1, 2, 3, 5, 6, 7, 9, 10, 13, 18)
# Sizes of layers of one pixel: multiples of 4 and of 3, and what leaves 1 to 3 of either.
DENSE = (
    (64, 128, 40, 96, 16, 12, 4, 8, 52, 24, 20, 36),
    (37, 33, 34, 35, 18, 10, 25, 7, 5, 3, 2, 1),
    (130, 9, 14, 21, 22, 27, 26, 15, 6, 1, 30, 2),
    (200, 11, 19, 23, 29, 31, 13, 17, 3, 41, 42, 43),
    (45, 18, 53, 10, 54, 28, 55, 6, 48, 9, 49, 1),
    (72, 3, 80, 2, 144, 1, 100, 15, 160, 14, 60, 7),
    (90, 32, 66, 44, 70, 56, 50, 68, 46, 76, 58, 84),
    (69, 38, 61, 39, 62, 47, 63, 51, 59, 57, 67, 65),
)


def separable(widths: tuple[int, ...], number: int) -> Graph:
    """A first convolution and depthwise-separable blocks as in MobileNets, some at each width, with a dense head."""
    depths = cycle(_DEPTHS[number % len(_DEPTHS) :] + _DEPTHS[: number % len(_DEPTHS)])
    doubled, channels = number % 4 == 0, (1, 3)[number // 2 % 2]
    stride = 2 if doubled else 1
    sides = (0, 1, 0, 1) if doubled else (1, 1, 1, 1)
    blocks = [Block("conv", (3, 3), (stride, stride), sides, channels=next(depths), **RELU)]
    for position in range(len(widths)):
        if position:
            left = (position + number) % 2
            blocks.append(Block("depthwise", (3, 3), (1, 2), (1, 1, left, 1 - left), **RELU))
            blocks.append(Block("conv", channels=next(depths), **RELU))
        for again in range(2):
            blocks.append(Block("depthwise", (3, 3), (1, 1), (1, 1, 1, 1), **RELU))
            ending = LINEAR if (again + position + number) % 3 == 0 else RELU
            blocks.append(Block("conv", channels=next(depths), **ending))
    whole = Block("average", (99, 99), option=0), Block("global_average", zero_point=-128, option=1)
    blocks.append(whole[number % 2])
    heads = Block("softmax", channels=2 + number, option=1), Block("fully_connected", channels=2 + number, **LINEAR)
    height = 8 if doubled else 5
    shape = (height, widths[0] * stride, channels)
    return build(shape, rounding(number // 2), blocks, heads[number // 3 % 2], seed=number)


def strided(width: int, number: int) -> Graph:
    """Depthwise-separable blocks of which most halve the map."""
    depths = cycle((8, 12, 16, 4, 24, 8, 32, 20)[number:] + (8, 12, 16, 4, 24, 8, 32, 20)[:number])
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=next(depths), **RELU)]
    padding = (0, 1, 0, 1) if number % 2 else SAME
    for stride in (2, 2, 1, 2):
        blocks.append(Block("depthwise", (3, 3), (stride, stride), SAME if stride == 1 else padding, **RELU))
        blocks.append(Block("conv", channels=next(depths), **RELU))
    # The same widths with the other padding.
    blocks.append(Block("resize", option=1))
    blocks.append(Block("depthwise", (3, 3), (2, 2), SAME if number % 2 else (0, 1, 0, 1), **RELU))
    blocks.append(Block("conv", channels=next(depths), **RELU))
    return build((16, width, 1 + number % 2 * 2), rounding(number // 2), blocks, None, seed=number)


def odd_rows(width: int, number: int) -> Graph:
    """Depthwise-separable blocks of which one halves rows to an odd width."""
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=20, **RELU)]
    for stride, left, depth in ((1, 1, 24), (2, number % 2, 16), (1, 1, 64), (1, 1, 12)):
        blocks.append(Block("depthwise", (3, 3), (1, stride), (1, 1, left, 2 - stride or 1 - left), **RELU))
        blocks.append(Block("conv", channels=depth, **RELU))
    return build((5, width, 3), rounding(number), blocks, None, seed=number)


def windows(random: Random, number: int) -> Graph:
    """Standard convolutions with windows of several sizes, between pointwise ones."""
    size, channels = (6, 15, 8, 11, 12, 9, 7)[number], (3, 4, 8, 1, 12, 3, 16)[number]
    blocks = []
    for position in range(5):
        side, stride = random.choice((2, 3, 3, 5)), 2 if position == 3 else 1
        pad = 0 if side == 2 else side // 2
        depth = random.choice((4, 8, 12, 16, 20, 24, 32))
        blocks.append(Block("conv", (side, side), (stride, stride), (pad,) * 4, channels=depth, **RELU))
        depth = random.choice((4, 6, 8, 12, 16, 20, 24, 32))
        blocks.append(Block("conv", channels=depth, **random.choice((RELU, LINEAR))))
    head = Block("softmax", option=2) if number % 2 else None
    return build((size, size, channels), rounding(number), blocks, head, seed=number)


def deep_windows(number: int) -> Graph:
    """Standard convolutions one after another, whose windows are too large to be copied without loops; of some all lie
    in the image."""
    size, channels = (20, 15, 13, 16, 17)[number], (8, 12, 8, 16, 8)[number]
    depths = ((8, 16, 12, 32, 24, 64, 40), (8, 10, 16, 24, 16, 12, 8), (8, 12, 10, 8, 12, 14, 16),
              (16, 20, 8, 48, 16, 32, 12), (8, 8, 24, 16, 12, 16, 10))[number]  # fmt: skip
    blocks = []
    for position, depth in enumerate(depths):
        side, stride = 5 if position == 2 and number in (0, 3) else 3, 2 if position == 3 else 1
        pads = (0 if position % 2 else side // 2,) * 4
        blocks.append(Block("conv", (side, side), (stride, stride), pads, channels=depth, **RELU))
    return build((size, size, channels), rounding(number), blocks, None, seed=number)


def columns(number: int) -> Graph:
    """Depthwise-separable blocks of even numbers of channels that are no multiples of 4; some read the image itself."""
    width, depths = (24, 20, 33, 16)[number], cycle((6, 10, 14, 18, 10, 22, 6))
    first = Block("conv", (3, 3), (1, 1), SAME, channels=next(depths), **RELU)
    blocks = [first] if number < 2 else []
    for position in range(5):
        stride = 2 if position == 2 else 1
        blocks.append(Block("depthwise", (3, 3), (stride, stride), SAME, **RELU))
        blocks.append(Block("conv", channels=next(depths), **RELU))
    return build((4 + number, width, 1 + number), rounding(number), blocks, None, seed=number)


def odd(random: Random, number: int) -> Graph:
    """Convolutions of odd numbers of channels and unusual windows, which few kernels but portable C take."""
    size, channels = (6, 13, 8, 9, 10, 7)[number], (1, 2, 3, 5, 1, 3)[number]
    blocks = []
    for position in range(6):
        sides = random.choice(((3, 3), (3, 3), (5, 5), (1, 3), (3, 1), (4, 5), (2, 2)))
        stride = 2 if position == 4 else 1
        padding = (sides[0] // 2, (sides[0] - 1) // 2, sides[1] // 2, (sides[1] - 1) // 2)
        ending = random.choice((RELU, LINEAR))
        kind = "conv" if position % 3 == 0 else "depthwise"
        wide = random.choice(_ODD_CHANNELS) if kind == "conv" else random.choice((1, 1, 2))
        blocks.append(Block(kind, sides, (stride, stride), padding, channels=wide, **ending))
        if position % 2 == 0:
            blocks.append(Block("conv", channels=random.choice(_ODD_CHANNELS), **ending))
    head = Block("fully_connected", channels=(1, 2, 5, 7, 4, 3)[number], **LINEAR)
    return build((size + 1, size, channels), rounding(number), blocks, head, seed=number)


def rough(random: Random, number: int) -> Graph:
    """Layers that no calibration has touched: some weights of nine bits, multipliers and biases of any size, so that
    fewer forms of a requantization can be proved."""
    size, channels = (8, 11, 14, 9, 12, 16)[number], (3, 1, 2, 3, 1, 3)[number]
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=(8, 10, 12, 6, 16, 4)[number], **RELU)]
    for position in range(5):
        stride = 2 if position == 2 else 1
        ending = {**random.choice(ENDINGS), "option": random.choice((1, 1, 2, 3, 4))}
        blocks.append(Block("depthwise", (3, 3), (stride, stride), SAME, **ending))
        ending = {**random.choice(ENDINGS), "option": random.choice((1, 1, 2, 3, 4))}
        blocks.append(Block("conv", channels=random.choice((6, 8, 10, 12, 16, 20, 28)), **ending))
    blocks.append(Block("global_average", zero_point=-128, option=1))
    blocks.append(Block("fully_connected", channels=3 + number, **LINEAR))
    return build((size, size, channels), rounding(number), blocks, None, seed=number, calm=False)


def one_pixel(number: int) -> Graph:
    """Dense layers one behind the other, the first over a small map, and depthwise-separable ones of one pixel."""
    size, sizes = 1 + number % 2, DENSE[number]
    blocks = [Block("conv", channels=sizes[0], **RELU)]
    if number % 4 > 1:
        blocks.append(Block("depthwise", (3, 3), (2, 2), SAME, **RELU))
        blocks.append(Block("conv", channels=sizes[1], **RELU))
    blocks.append(Block("fully_connected", channels=sizes[2], **LINEAR))
    for position, channels in enumerate(sizes[3:]):
        ending = ENDINGS[(position + number // 4) % 2]
        blocks.append(Block("conv", channels=channels, **ending))
    return build((size, size, 3), rounding(number // 2), blocks, None, seed=number)


def residual(number: int) -> Graph:
    """Sums of maps with branches of standard convolutions, as in residual networks."""
    size, depths = (14, 11)[number], (8, 12, 16, 8)
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=8, **RELU)]
    for position, channels in enumerate(depths):
        stride = 1 + position % 2
        blocks.append(Block("conv", (3, 3), (stride, stride), SAME, channels=channels, **RELU))
        blocks.append(Block("add", channels=2, **{**LINEAR, "option": 1}))
        blocks.append(Block("conv", (3, 3), (1, 1), SAME, channels=channels, **LINEAR))
        blocks.append(Block("add", channels=2, **{**RELU, "option": 1}))
    return build((size, size, 3), rounding(number), blocks, None, seed=number)


def small_windows(number: int) -> Graph:
    """Windows of few values over rows that no tile divides: of an image of one channel or a few, and of one cell with
    padding before it."""
    width, channels = (31, 20, 14, 25)[number], (1, 3, 1, 2)[number]
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=(6, 8, 4, 10)[number], **RELU)]
    for position, depth in enumerate(((1, 12, 2, 8), (4, 16, 1, 4), (1, 8, 8, 12), (2, 4, 16, 8))[number]):
        side = (3, 3, 5)[(position + number) % 3] if position % 2 else 1
        if position % 2 == 0 and position > number % 2:
            blocks.append(Block("pad", padding=(1, 1, 2, 1)))
        blocks.append(Block("conv", (side, side), padding=(side // 2,) * 4, channels=depth, **ENDINGS[position % 2]))
    return build((9, width, channels), rounding(number), blocks, None, seed=number)


def odd_windows(number: int) -> Graph:
    """Windows over rows that tiles of three and two make up, of images and of maps of every number of channels."""
    width, channels = (13, 23, 27, 19, 15, 17)[number], (3, 1, 3, 2, 1, 3)[number]
    side, stride = (5, 5, 3, 5, 3, 5)[number], (2, 1, 2, 1, 1, 2)[number]
    depths = cycle((*(6, 12, 10, 30, 9, 18, 7, 14, 22)[number:], 6, 12, 10, 30, 9))
    blocks = [Block("conv", (side, side), (stride, stride), channels=8, **RELU)]
    for position in range(4):
        side = (3, 5, 3, 3)[(position + number) % 4]
        # Short rows stay as long as they are.
        padding = (side // 2 * (position % 2 == 0 or number in (0, 5)),) * 4
        blocks.append(Block("repeat", channels=next(depths)))
        blocks.append(Block("conv", (side, side), padding=padding, channels=(8, 6, 12)[position % 3], **RELU))
    return build((21, width, channels), rounding(number), blocks, None, seed=number)


def prime_rows(number: int) -> Graph:
    """Windows over rows of a prime number of pixels, whose columns are made in blocks of one."""
    width, channels, side = (31, 29, 23)[number], (3, 8, 6)[number], (5, 3, 5)[number]
    blocks = [Block("conv", (side, side), padding=(side // 2,) * 4, channels=8, **RELU)]
    for position in range(2):
        side = (3, 5, 3)[(position + number) % 3]
        padding = (side // 2 * (position + number == 1),) * 4
        blocks.append(Block("conv", channels=(12, 4, 8)[(position + number) % 3], **LINEAR))
        blocks.append(Block("conv", (side, side), padding=padding, channels=12, **RELU))
    return build((13, width, channels), rounding(number), blocks, None, seed=number)


def unpaired(number: int) -> Graph:
    """Small windows with weights of which no word holds two, so that their columns are 256-fold."""
    size, channels = (17, 13, 19, 20)[number], (1, 2, 4, 1)[number]
    blocks = []
    for position in range(4):
        side = (5, 3)[(position + number) % 2]
        depth = (1, 6, 2, 1)[(position + number) % 4]
        padding = (side // 2 * (position != 1),) * 4
        blocks.append(Block("conv", (side, side), padding=padding, channels=8, **RELU))
        blocks.append(Block("repeat", channels=depth))
    graph = build((size, size, channels), rounding(number), blocks, None, seed=number)
    operators = [_with_lowest(op) if isinstance(op, Conv2D) and op.window.cells > 1 else op for op in graph.operators]
    return replace(graph, operators=tuple(operators))


def padded_cells(number: int) -> Graph:
    """Windows of one cell over maps that are padded before them, so that some lie outside; of half the networks with
    weights of which no word holds two."""
    size, depths = (12, 9, 6, 13)[number], ((20, 8, 12, 4, 6), (24, 8, 16, 4, 10), (12, 24, 7, 8, 5), (16, 6, 20, 8, 4))
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=8, **RELU)]
    for depth in depths[number]:
        blocks.append(Block("conv", channels=depth, **LINEAR))
        blocks.append(Block("pad", padding=(1, 0, 1, 0)))
        blocks.append(Block("conv", channels=(8, 12)[number % 2], **RELU))
    graph = build((size, size, 3), rounding(number), blocks, None, seed=number)
    if number % 2 == 0:
        return graph
    after_pad = {op.output for op in graph.operators if isinstance(op, Pad)}
    operators = [
        _with_lowest(op) if isinstance(op, Conv2D) and op.inputs[0] in after_pad else op for op in graph.operators
    ]
    return replace(graph, operators=tuple(operators))


def _with_lowest(op: Conv2D) -> Conv2D:
    """The same with the lowest weight beside a negative one."""
    weights = op.weights.copy()
    weights[:2, 0, 0, 0] = -1, -128
    return replace(op, weights=weights)


def wide_columns(random: Random, number: int) -> Graph:
    """Depthwise convolutions of other windows than 3 by 3 before pointwise ones, at widths of every tiling."""
    width = (11, 17, 13, 19, 25, 12, 10, 23)[number]
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=random.choice((8, 12, 16)), **RELU)]
    for position in range(4):
        sides, stride = random.choice(((5, 5), (5, 5), (3, 5), (4, 4), (7, 7))), 2 if position == 2 else 1
        top, left = sides[0] // 2, sides[1] // 2
        inside = random.random() < 0.3 and width // (1 + position) > 6
        padding = (0, 0, 0, 0) if inside else (top, sides[0] - 1 - top, left, sides[1] - 1 - left)
        blocks.append(Block("depthwise", sides, (stride, stride), padding, **random.choice(ENDINGS)))
        blocks.append(Block("conv", channels=random.choice((4, 8, 12, 20, 24)), **random.choice(ENDINGS)))
    return build((width - 2, width, 1 + number % 3), rounding(number), blocks, None, seed=number)
