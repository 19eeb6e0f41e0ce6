"""Synthetic layers of operators between convolutions: pools, sums, copies, norms, functions of one value."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from random import Random

from layer_blocks import ENDINGS, LINEAR, RELU, SAME, build, rounding

from mcugen.fixedpoint import add_double_rounding
from mcugen.ir import Add, Graph
from tests.support.graph_builder import Block

_BETWEEN_CHANNELS = (4, 6, 8, 10, 12, 12, 16, 20, 24, 30)
# Networks in which pixels of one word each are copied.
_WORDS = (7, 10)
_MIXED_CHANNELS = (3, 4, 5, 6, 8, 8, 10, 12, 16, 16, 20, 22, 24, 28)
_MIXED = (
    *("add", "residual", "mul", "extremum", "concat", "lookup", "maximum", "average", "pad", "resize", "slice"),
    *("reshape", "transpose", "repeat", "l2_normalize", "log_softmax", "arg_max"),
)


def repeated(kind: str, number: int) -> Graph:
    """One operator several times between convolutions; what a depthwise convolution reads lies channel by channel."""
    size, channels = (8, 10, 12, 9, 14)[number % 5], (4, 6, 8, 12)[number % 4]
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=channels, **RELU)]
    for position in range(8):
        side, stride, pad = 2 + position // 4, 1 + (position == 2), position % 3 % 2
        window = {"kernel": (side, side), "stride": (stride, stride), "padding": (pad,) * 4}
        many = 1 + position % 3
        # What is added to itself, or multiplied by itself, is as good as no code at all.
        option = 1 + position % 3 if kind in ("add", "residual", "mul") else position % 4
        blocks.append(Block(kind, **window, channels=many, zero_point=-1, option=option))
        if kind == "pad":
            # Before a convolution it would become the convolution's padding.
            blocks.append(Block("maximum", (2, 2)))
        if position in (1, 4, 6):
            blocks.append(Block("depthwise", (3, 3), (1, 1), SAME, **RELU))
        if position != 5:
            blocks.append(Block("conv", channels=(4, 6, 8, 12, 16)[(number + position) % 5], **RELU))
    head = Block("outputs", channels=5) if number % 2 else None
    return build((size, size, channels), rounding(number), blocks, head, seed=number)


def cropped(number: int) -> Graph:
    """Images of one channel, or two, of which a part is taken at the begin, by seeds that take much of them."""
    seed = (36, 25, 31, 28, 57, 40)[number]
    shape = ((24, 26, 1), (40, 30, 1), (20, 28, 1), (32, 34, 1), (18, 40, 2), (30, 28, 2))[number]
    blocks = [
        Block("slice", option=0),
        Block("conv", (3, 3), (1 + number % 2, 2), SAME, channels=(4, 8, 6)[number % 3], **RELU),
        Block("conv", channels=8, **LINEAR),
    ]
    return build(shape, rounding(number), blocks, None, seed=seed)


def gated(random: Random, number: int) -> Graph:
    """Elementwise operators of a map with another map or with a vector of it, as in squeeze-and-excitation, after
    depthwise convolutions of several windows."""
    size, channels = (6, 12, 9, 16, 7, 20, 14, 10)[number], (8, 12, 4, 8, 24, 8, 6, 16)[number]
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=channels, **RELU)]
    for position in range(5):
        side, stride = random.choice((3, 5, 5)), 2 if position == 2 else 1
        blocks.append(Block("depthwise", (side, side), (stride, stride), (side // 2,) * 4, **random.choice(ENDINGS)))
        kind = ("mul", "add", "mul", "extremum", "mul")[position]
        if random.random() < 0.5:
            # What a convolution by pixels makes lies in pixels, and what is read as planes in planes.
            blocks.append(Block("conv", channels=random.choice((4, 8, 12, 16, 20)), **random.choice(ENDINGS)))
        # About in the middle of the range, so that a product is not constant.
        ending = {"clamp": random.choice(("none", "none", "relu")), "zero_point": random.choice((-1, -1, 3))}
        blocks.append(Block(kind, channels=channels, **ending, option=random.choice((1, 2, 2, 3))))
        if random.random() < 0.5:
            blocks.append(Block("lookup", zero_point=-1, option=random.choice((0, 1, 1))))
        blocks.append(Block("conv", channels=random.choice((6, 8, 12, 16, 24)), **LINEAR))
    return build((size, size, 1 + number % 3), rounding(number // 2), blocks, None, seed=number)


def beside(number: int) -> Graph:
    """Maps beside a pool of them of 3 by 3, as in Inception: several times, or once after two convolutions."""
    size = (14, 24, 20, 16, 28, 32, 24)[number]
    if number > 3:
        depths, stride = ((12, 4), (8, 8), (4, 4))[number - 4], 2 if number < 6 else 1
    else:
        depths, stride = ((10, 4, 8, 6), (6, 8, 4, 10), (8, 16, 4, 24), (10, 8, 4, 30))[number], 1
    blocks = []
    for position, depth in enumerate(depths):
        side = 1 if position else (3, 5)[number % 2]
        ending = ENDINGS[position % 2]
        blocks.append(Block("conv", (side, side), (1 if position else stride,) * 2, (side // 2,) * 4, depth, **ending))
        if position or number < 4:
            option = (position + number) % 3 if number < 4 else 0
            blocks.append(Block("concat", channels=(3, 8, 4)[position % 3], zero_point=-1, option=option))
    blocks += [
        Block("conv", channels=4, **RELU),
        Block("depthwise", (3, 3), **RELU),
        Block("conv", channels=2, **LINEAR),
    ]
    return build((size, size, 1 + number % 3), rounding(number), blocks, None, seed=number)


def narrow(number: int) -> Graph:
    """Maps of one column or a few, as sensors and spectra of sound make them: most of a window lies outside."""
    width, height = (1, 1, 2, 3, 1, 2)[number], (40, 22, 24, 18, 30, 20)[number]
    channels = (8, 12, 4, 16, 6, 10)[number]
    depths = cycle((*(12, 8, 20, 4, 16, 30, 6, 24)[number:], 12, 8, 20, 4))
    blocks = [Block("conv", (3, 3), padding=(1, 1, 0, 0), channels=channels, **RELU)]
    kinds = ("maximum", "depthwise", "repeat", "average", "concat", "depthwise", "slice", "maximum")
    for position, kind in enumerate(kinds[number % 2 :] + kinds[: number % 2]):
        if kind == "depthwise":
            side = (3, 5)[(position // 4 + number) % 2]
            above, beside = side // 2 * (position < 4 or number == 4), side // 2 * (position < 4 or number % 2 == 0)
            # As wide as the map, where there is nothing beside it.
            kernel, padding = (side, side if beside else 9), (above, above, beside, beside)
            blocks.append(Block(kind, kernel, padding=padding, **ENDINGS[position // 4]))
        elif kind in ("maximum", "average"):
            blocks.append(Block(kind, (3, 3), (1 + (position == 3), 1), SAME, zero_point=-1))
        elif kind == "concat":
            blocks.append(Block(kind, channels=(4, 8)[number % 2], zero_point=-1, option=1 + number % 2))
        else:
            blocks.append(Block(kind, channels=next(depths), padding=(1, 0, 0, 0), option=1))
        blocks.append(Block("conv", channels=next(depths), **ENDINGS[position % 2]))
    whole = Block("average", (99, 99), option=0), Block("global_average", zero_point=-128, option=1)
    blocks += [whole[number % 2], Block("conv", channels=4, **LINEAR)]
    return build((height, width + 2, 1), rounding(number), blocks, None, seed=number)


def thrice_rounded(number: int) -> Graph:
    """Sums and differences of which ties are so many that no linear form rounds as three roundings do."""
    graph = repeated(("add", "residual")[number % 2], 3 + number)
    scales = (7.0, 3.0, 10.0), (3.0, 7.0, 10.0)
    operators = [_of_scales(op, scales[number % 2]) if isinstance(op, Add) else op for op in graph.operators]
    return replace(graph, operators=tuple(operators))


def _of_scales(op: Add, scales: tuple[float, float, float]) -> Add:
    """The same with these scales of its operands and its result."""
    old = op.arithmetic
    new = add_double_rounding(scales, old.zero_points, old.minimum, old.maximum)
    return replace(op, arithmetic=new.of_difference() if old.multipliers[1] < 0 else new)


def lengths(number: int) -> Graph:
    """Unit length of vectors of several sizes."""
    size = (12, 9)[number]
    blocks = []
    for position, channels in enumerate(((3, 8, 16, 5, 2, 30), (12, 4, 24, 6, 2, 10))[number]):
        blocks.append(Block("conv", (3, 3), (1 + (position == 3),) * 2, SAME, channels=channels, **LINEAR))
        if position == 4:
            blocks.append(Block("depthwise", (3, 3), (1, 1), SAME, **LINEAR))
        blocks.append(Block("l2_normalize"))
    return build((size, size, 1), rounding(number), blocks, None, seed=number)


def vectors(number: int) -> Graph:
    """Unit length and logarithms of probabilities of as few channels as classes or coordinates mostly are."""
    height, width = ((6, 9), (12, 5), (5, 14), (16, 1))[number]
    depths = cycle((8, 5, 3, 6, 8, 10, 4, 2)[2 * number :])
    blocks = []
    for position in range(6):
        blocks.append(Block("conv", (3, 3), padding=SAME, channels=next(depths), **LINEAR))
        blocks.append(Block("l2_normalize" if (position + number) % 2 else "log_softmax"))
    return build((height, width, 1), rounding(number), blocks, None, seed=10 + number)


def over_channels(number: int) -> Graph:
    """What is computed of all channels of a pixel: logarithms of probabilities, unit length, the largest."""
    size, depths = (9, 14, 7, 12)[number], cycle((10, 4, 24, 7, 16, 32, 12, 3)[number:])
    blocks = []
    for position in range(6):
        stride = 1 + (position == 3)
        channels = next(depths)
        blocks.append(Block("conv", (3, 3), (stride, stride), SAME, channels=channels, **LINEAR))
        if (position + number) % 4 == 0:
            blocks.append(Block("depthwise", (3, 3), (1, 1), SAME, **LINEAR))
        blocks.append(Block(("l2_normalize", "log_softmax", "arg_max")[(position + number) % 3]))
    return build((size, size, 1 + number % 3), rounding(number), blocks, None, seed=number)


def axes(number: int) -> Graph:
    """Axes in every order, of maps that convolutions write and read."""
    size, channels = (8, 11, 6)[number], (6, 12, 16)[number]
    blocks = []
    for position in range(6):
        kind = "depthwise" if position and (position + number) % 3 == 0 else "conv"
        blocks.append(Block(kind, (3, 3), (1, 1), SAME, channels=channels if kind == "conv" else 1, **RELU))
        # The first order is the one that they have.
        blocks.append(Block("transpose", option=1 + (position + number) % 5))
    blocks.append(Block("conv", channels=8, **RELU))
    return build((size, size + number, 1), rounding(number), blocks, None, seed=number)


def turned(number: int) -> Graph:
    """Columns and channels of a map change places, over rows and pixels of many sizes."""
    sizes = (((9, 13, 24), (16, 6), 20), ((7, 17, 12), (10, 30), 4), ((8, 24, 20), (8, 14), 24))[number % 3]
    (height, width, channels), others, last = sizes
    blocks = []
    for position, depth in enumerate((channels, *others, last)):
        if number > 2 and not position:
            blocks.append(Block("conv", (3, 3), padding=SAME, channels=8, **RELU))
        blocks.append(Block("conv", (3, 3), padding=SAME, channels=depth, **RELU))
        blocks.append(Block("transpose", option=1))
    blocks.append(Block("conv", channels=8, **RELU))
    return build((height, width, 1), rounding(number), blocks, None, seed=number)


def mixed(random: Random, number: int) -> Graph:
    """Five operators of any kinds on maps of any size, between convolutions of all sorts."""
    shape = (random.randint(7, 36), random.randint(7, 36), random.choice((1, 2, 3)))
    blocks = [Block("conv", (3, 3), (1 + number % 2,) * 2, SAME, channels=random.choice(_MIXED_CHANNELS), **RELU)]
    for position in range(5):
        kind = _MIXED[(5 * number + position) % len(_MIXED)]
        side, stride, pad = random.choice((2, 2, 3)), random.choice((1, 2)), random.choice((0, 0, 1))
        window = {"kernel": (side, side), "stride": (stride, stride), "padding": (pad,) * 4}
        ending = {"clamp": random.choice(("none", "none", "relu")), "zero_point": random.choice((-1, 3))}
        option = random.choice((1, 1, 2, 3) if kind in ("add", "mul") else (0, 1))
        if kind in ("lookup", "reshape"):
            option = random.choice((0, 1, 2))
        elif kind == "residual":
            option = random.choice((1, 2))
        elif kind in ("concat", "extremum", "transpose"):
            option = random.choice((0, 1, 2, 3))
        blocks.append(Block(kind, **window, channels=random.choice((3, 4, 8, 10, 12)), **ending, option=option))
        if kind == "pad":
            blocks.append(Block("maximum", (2, 2)))
        if random.random() < 0.4:
            side, stride = random.choice((3, 3, 5)), random.choice((1, 1, 2))
            pad = random.choice((0, side // 2, side // 2))
            blocks.append(Block("depthwise", (side, side), (stride, stride), (pad,) * 4, **random.choice(ENDINGS)))
        if random.random() < 0.8:
            side, stride = random.choice((1, 1, 3)), random.choice((1, 1, 2))
            pad = side // 2 * random.choice((0, 1))
            channels = random.choice(_MIXED_CHANNELS)
            conv = Block("conv", (side, side), (stride, stride), (pad,) * 4, channels=channels)
            blocks.append(replace(conv, **random.choice(ENDINGS)))
    head = Block("outputs", channels=4, option=number // 3 % 2) if number % 3 == 0 else None
    return build(shape, rounding(number), blocks, head, seed=number)


def between(random: Random, number: int) -> Graph:
    """What compilers make much of by themselves: pools, sums and copies of maps, as they lie between pointwise
    convolutions, and means of whole maps."""
    shape = (random.randint(9, 16), random.randint(8, 17), random.choice((1, 3)))
    channels = 4 if number in _WORDS else random.choice(_BETWEEN_CHANNELS)
    blocks = [Block("conv", (3, 3), (1, 1), SAME, channels=channels, **RELU)]
    orders = ("maximum", "concat", "add", "average"), ("concat", "maximum", "slice", "add"), ("add", "slice", "maximum")
    for kind in orders[number % len(orders)]:
        side, stride, pad = random.choice(((2, 2, 0), (2, 2, 0), (3, 1, 1), (3, 2, 1), (3, 2, 0)))
        window = {"kernel": (side, side), "stride": (stride, stride), "padding": (pad,) * 4} if kind != "slice" else {}
        option = random.choice({"concat": (0, 1, 2, 2), "slice": (0, 0, 1), "add": (1,)}.get(kind, (0, 1)))
        if kind == "concat" and number in _WORDS:
            option = 2
        ending = {"clamp": random.choice(("none", "relu")), "zero_point": -128 if kind == "add" else -1}
        channels = random.choice((3, 4, 8, 16))
        blocks.append(Block(kind, **window, channels=channels, **ending, option=option))
        if kind == "add" and random.random() < 0.5:
            # It wants values without a sign.
            blocks.append(Block("average", (2, 2), option=0))
        elif random.random() < 0.2:
            blocks.append(Block("depthwise", (3, 3), (1, 1), SAME, **RELU))
        blocks.append(Block("conv", channels=random.choice(_BETWEEN_CHANNELS), **random.choice(ENDINGS)))
    if number % 2:
        blocks.append(Block("add", channels=1, **RELU))
    means = Block("average", (99, 99), option=0), Block("global_average", zero_point=-128, option=1)
    blocks.append(means[number % 3 // 2])
    return build(shape, rounding(number), blocks, Block("fully_connected", channels=4, **LINEAR), seed=number)
