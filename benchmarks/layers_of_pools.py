"""Synthetic layers of pools: windows of many sizes, inside the image and reaching out of it."""

from __future__ import annotations

from itertools import cycle
from random import Random

from layer_blocks import ENDINGS, LINEAR, RELU, SAME, build, rounding

from mcugen.ir import Graph
from tests.support.graph_builder import Block


def pools(random: Random, number: int) -> Graph:
    """Pools of several windows over maps that lie in pixels or in planes, with means over the rest."""
    size, channels = (12, 21, 16, 10, 25)[number], (8, 4, 12, 20, 6)[number]
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=channels, **RELU)]
    for position in range(5):
        kind = random.choice(("average", "average", "maximum"))
        sides = random.choice(((2, 2), (2, 2), (3, 3), (1, 2), (3, 2)))
        stride, pad = 2 if position in (0, 3) else 1, random.choice((0, 0, 1))
        option = random.choice((0, 1))
        blocks.append(Block(kind, sides, (stride, stride), (pad, pad, pad, pad), zero_point=-1, option=option))
        if random.random() < 0.5:
            blocks.append(Block("depthwise", (3, 3), (1, 1), SAME, **RELU))
        blocks.append(Block("conv", channels=random.choice((4, 8, 12, 16)), **RELU))
    blocks += [Block("global_average", zero_point=-128, option=1), Block("conv", channels=4, **LINEAR)]
    return build((size, size, 1), rounding(number), blocks, None, seed=number)


def clipped(random: Random, number: int) -> Graph:
    """Pools whose windows reach out of the image, of many sizes."""
    size, channels = (13, 18, 11, 16, 20)[number], (6, 8, 16, 4, 12)[number]
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=channels, **RELU)]
    for position in range(6):
        height, width = random.choice(((2, 2), (3, 3), (3, 3), (5, 5), (3, 2), (2, 3), (4, 4), (1, 3)))
        top, left = random.choice((0, height // 2, height // 2)), width // 2
        window = {"kernel": (height, width), "stride": (1 + (position == 3),) * 2}
        padding = (top, top, left, random.choice((left, left - 1)))
        kind = ("average", "maximum")[(position + number) % 2]
        blocks.append(Block(kind, **window, padding=padding, zero_point=-1))
        if random.random() < 0.5:
            blocks.append(Block("depthwise", (3, 3), (1, 1), SAME, **RELU))
        blocks.append(Block("conv", channels=random.choice((3, 4, 4, 6, 8, 8, 10, 12, 16, 24)), **RELU))
    return build((size, size + number, 1), rounding(number), blocks, None, seed=number)


def reaching(number: int) -> Graph:
    """Pools as networks mostly have them where windows reach out of the image: 3 by 3, over many sorts of maps."""
    size, sizes = (17, 13, 20)[number], ((8, 30, 12, 3, 20, 6), (24, 4, 10, 16, 6, 8), (4, 12, 5, 8, 30, 16))[number]
    depths = cycle(sizes)
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=next(depths), **RELU)]
    for position in range(6):
        stride = 1 + (position in (1, 4))
        if position % 2:
            blocks.append(Block("depthwise", (3, 3), (1, 1), SAME, **RELU))
        if position % 3:
            blocks.append(Block("conv", channels=next(depths), **RELU))
        kind = "average" if (position + number) % 3 == 0 else "maximum"
        blocks.append(Block(kind, (3, 3), (stride, stride), SAME, zero_point=-1))
        blocks.append(Block("conv", channels=next(depths), **ENDINGS[position % 2]))
    return build((size, size - number, 1), rounding(number), blocks, None, seed=number)


def around(number: int) -> Graph:
    """Pools of 3 by 3 that reach out of the image, over maps of every number of channels, large ones and small ones."""
    depths = cycle((*(5, 8, 30, 4, 12, 16, 3, 10, 2, 20, 6, 32, 24)[2 * number :], 5, 8, 30, 4, 12, 16, 3, 10))
    size = (18, 16, 22, 14, 20)[number]
    blocks = []
    for position in range(6):
        stride = 2 if position == 2 else 1
        side = 5 if position == 0 and number in (1, 4) else 3
        blocks.append(Block("conv", (side, side), padding=(side // 2,) * 4, channels=next(depths), **RELU))
        kind = "average" if (position + number) % 4 == 0 else "maximum"
        blocks.append(Block(kind, (3, 3), (stride, stride), SAME, zero_point=-1))
    return build((size, size + 2 - number, 1), rounding(number), blocks, None, seed=number)


def two_pixels(number: int) -> Graph:
    """Pools of which a row of results has two pixels, over maps of every number of channels."""
    height, channels = (23, 14, 30, 18, 4, 26, 40, 5)[number], (24, 8, 12, 4, 16, 32, 6, 10)[number]
    width, down = (3, 7, 4, 8, 4, 7, 3, 8)[number], 1 + number % 3 // 2
    blocks = [Block("conv", (3, 3), padding=SAME, channels=channels, **RELU)]
    if number < 6:
        # What the pool reads then no longer lies where the arena begins.
        blocks.insert(0, Block("conv", (3, 3), padding=SAME, channels=8, **RELU))
    while width > 2:
        blocks.append(Block("maximum", (3, 3), (down, 2), SAME, zero_point=-1))
        blocks.append(Block("conv", channels=(8, 12, 20, 4, 16, 6)[(number + width) % 6], **RELU))
        width = (width + 1) // 2
    start = (3, 7, 4, 8, 4, 7, 3, 8)[number]
    return build((height, start, 1), rounding(number), [*blocks, Block("conv", channels=4, **LINEAR)], None, number)


def few_columns(number: int) -> Graph:
    """Pools over maps of three to six columns and every number of channels, low ones and high ones: those of three and
    of four columns end with one whose row of results has two pixels."""
    height, width = ((6, 5), (20, 3), (5, 6), (26, 4), (30, 3), (4, 4), (24, 6), (13, 3), (7, 6), (40, 4))[number]
    depths = cycle((16, 24, 8, 32, 12, 4, 3, 20, 6, 16, 10)[number % 8 :])
    blocks = [Block("conv", (3, 3), padding=SAME, channels=next(depths), **RELU) for _ in range(1 + number % 2)]
    for position in range(4):
        across = 1 + (position == 3 and width < 5)
        down = across if number % 2 else 1
        blocks.append(Block("maximum", (3, 3), (down, across), SAME, zero_point=-1))
        sides, padding = ((1, 1), (0,) * 4) if position % 2 else ((3, 3), SAME)
        blocks.append(Block("conv", sides, padding=padding, channels=next(depths), **RELU))
    return build((height, width, 3), rounding(number), [*blocks, Block("conv", channels=4, **LINEAR)], None, number)


def few_rows(number: int) -> Graph:
    """Pools over maps of few rows, which lie behind others in the arena."""
    height, width = ((6, 6), (5, 5), (4, 4), (7, 5), (8, 8), (8, 10), (5, 12), (6, 6), (4, 9), (10, 5))[number]
    depths = ((16, 32, 16), (32, 16, 16), (32, 16, 16), (16, 32, 16), (3, 5, 3), (8, 4, 3), (8, 4, 3), (8, 3, 16))
    blocks = [Block("conv", (3, 3), padding=SAME, channels=24, **RELU)]
    for position, channels in enumerate((*depths, (3, 8, 12), (4, 5, 8))[number]):
        kind = "average" if number % 3 == 0 and position == 2 else "maximum"
        blocks.append(Block("conv", (3, 3), padding=SAME, channels=channels, **RELU))
        blocks.append(Block(kind, (3, 3), padding=SAME, zero_point=-1))
    return build((height, width, 3), rounding(number), [*blocks, Block("conv", channels=4, **LINEAR)], None, number)


def whole(number: int) -> Graph:
    """Pools whose windows of 3 by 3 lie in the image, as the stem of a network has them."""
    size, depths = (15, 20, 28, 13, 24, 17)[number], cycle((12, 32, 8, 24, 16, 4, 20, 10, 6, 30)[number:])
    blocks = []
    for position in range(3):
        blocks.append(
            Block(
                "conv",
                (3, 3) if number % 2 else (1, 1),
                padding=SAME if number % 2 else (0,) * 4,
                channels=next(depths),
                **RELU,
            )
        )
        kind, option = (("average", 0), ("maximum", 0), ("average", 1))[(position + number) % 3]
        stride = (1, 2) if position == 1 else (2, 2)
        blocks.append(Block(kind, (3, 3), stride if position < 2 else (1, 1), zero_point=-1, option=option))
    blocks.append(Block("conv", channels=4, **LINEAR))
    return build((size, size + number % 3, 1 + number % 3), rounding(number), blocks, None, seed=number)


def last(number: int) -> Graph:
    """The largest value of each channel of a narrow map."""
    height, width, channels = ((11, 2, 20), (7, 2, 12), (9, 4, 16), (8, 1, 12), (6, 3, 24), (16, 2, 8))[number]
    blocks = [Block("conv", (3, 3), padding=SAME, channels=channels, **RELU), Block("maximum", (height, width))]
    return build((height, width, 3), rounding(number), [*blocks, Block("conv", channels=4, **LINEAR)], None, number)


def indexed(number: int) -> Graph:
    """Pools of 3 by 3 within maps of four and eight channels, whose cells lie an index apart, at the arena's begin."""
    height, width, *depths = ((24, 18, 8, 16), (20, 13, 4, 8), (13, 21, 8, 8))[number]
    blocks = []
    for channels in depths:
        blocks.append(Block("conv", (3, 3), padding=SAME, channels=channels, **RELU))
        blocks.append(Block("maximum", (3, 3), (2, 2)))
    return build((height, width, 3), rounding(1), [*blocks, Block("conv", channels=4, **LINEAR)], None, 1)


def halved(number: int) -> Graph:
    """Pools of 2 by 2 and of 3 by 3 that lie in the image and halve it, as networks mostly have them, over every sort
    of buffer: behind standard convolutions, and before depthwise ones."""
    height, width = ((24, 24), (18, 14), (28, 20), (13, 40), (32, 32), (16, 12), (21, 15), (26, 26), (12, 18), (36, 9),
                     (30, 16), (20, 20))[number]  # fmt: skip
    depths = cycle((8, 12, 16, 4, 24, 8, 20, 32, 12, 3)[number % 7 :])
    blocks = []
    for position in range(2 + (min(height, width) > 12)):
        # TensorFlow Lite's average, ONNX's, and a maximum.
        kind, option = (("average", 0), ("maximum", 0), ("average", 0), ("average", 1))[(position + number) % 4]
        side = 3 if (position + number) % 3 == 2 else 2
        blocks.append(Block("conv", (3, 3), padding=SAME, channels=next(depths), **ENDINGS[number % 5 == 4]))
        if (number + position) % 2:
            blocks.append(Block("residual", (3, 3), **{**LINEAR, "option": 1 + number % 2}))
        blocks.append(Block(kind, (side, side), (2, 2), zero_point=-1, option=option))
        if (number + position) % 3 == 1:
            blocks.append(Block("depthwise", (3, 3), (1, 1), SAME, **RELU))
        blocks.append(Block("conv", channels=next(depths), **RELU))
    blocks.append(Block("conv", channels=4, **LINEAR))
    return build((height, width, 1 + number % 3), rounding(number), blocks, None, seed=number)


def small(number: int) -> Graph:
    """Pools of two rows, one column, or both, over small maps: in planes before a depthwise convolution, and in pixels;
    with a row that is added as zeros first, or not."""
    height, width = ((8, 8), (9, 6), (12, 5), (7, 10))[number]
    blocks = [Block("conv", channels=(8, 12, 16, 10)[number], **(LINEAR if number % 2 else RELU))]
    for position, sides in enumerate(((2, 1), (2, 2), (1, 2), (2, 1))):
        kind, option = ("average" if (position + number) % 3 == 2 else "maximum"), position % 2
        if position == number:
            blocks.append(Block("pad", padding=(1, 0, 0, 0), zero_point=-1))
        blocks.append(Block(kind, sides, zero_point=-1, option=option))
        if (position + number) % 2 == 0:
            blocks.append(Block("depthwise", (3, 3), (1, 1), SAME, **ENDINGS[position % 2]))
        blocks.append(Block("conv", channels=(12, 8, 20, 6)[position], **ENDINGS[position % 2]))
    return build((height, width, 3), rounding(number), blocks, None, seed=number)


_WIDE = ((3, 5), (4, 8), (6, 10), (7, 7), (8, 16), (2, 24), (12, 3))


def wide(number: int) -> Graph:
    """A pool of a window of many columns, or many rows, some of which reach out of the map; in planes before a
    depthwise convolution, and in pixels."""
    height, width = _WIDE[number % len(_WIDE)]
    turn = number // len(_WIDE)
    kind, option = ("average" if turn % 3 < 2 else "maximum"), int(turn in (1, 4))
    pad = (height // 2, height // 2, width // 2, width // 2) if turn == 5 else (0, 0, 0, 0)
    stride, channels = (max(1, height // 2), max(1, width // 2)), (12, 8, 20, 6, 16)[number % 5]
    blocks = [
        Block("conv", channels=channels, **RELU),
        Block(kind, (height, width), stride, pad, zero_point=-128, option=option),
        *([Block("depthwise", (3, 3), (1, 1), SAME, **RELU)] if turn in (3, 4) else []),
        Block("conv", channels=4, **LINEAR),
    ]
    shape = (height + 1 + height // 2, width + 2 + width // 2, 3)
    return build(shape, rounding(number), blocks, None, seed=number)
