"""Synthetic layers: small networks whose shapes are varied, to measure what code costs by its loops.

No trained model has a part in them. They are built as the tests' random graphs are, but calmer: every channel is
calibrated, as training and quantization leave it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from random import Random

from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph
from tests.support.calm_graphs import calm_graph
from tests.support.graph_builder import Block
from tests.support.random_graphs import build

_RELU = {"clamp": "relu", "zero_point": -128, "option": 1}
_LINEAR = {"clamp": "none", "zero_point": 3, "option": 1}
_ENDINGS = (_RELU, _LINEAR)
_SAME = (1, 1, 1, 1)
_WIDTHS = ((48, 24, 12, 6, 3), (40, 20, 10, 5), (36, 18, 9), (28, 14, 7), (32, 16, 8, 4), (44, 22, 11), (26, 13))
_DEPTHS = (8, 16, 4, 12, 8, 24, 40, 20, 8, 32, 12, 64, 16, 48, 8, 136, 72)
_ODD_CHANNELS = (1, 2, 3, 5, 6, 7, 9, 10, 13, 18)
_BETWEEN_CHANNELS = (4, 6, 8, 10, 12, 12, 16, 20, 24, 30)
# Networks in which pixels of one word each are copied.
_WORDS = (7, 10)
_MIXED_CHANNELS = (3, 4, 5, 6, 8, 8, 10, 12, 16, 16, 20, 22, 24, 28)
# Sizes of layers of one pixel: multiples of 4 and of 3, and what leaves 1 to 3 of either.
_DENSE = (
    (64, 128, 40, 96, 16, 12, 4, 8, 52, 24, 20, 36),
    (37, 33, 34, 35, 18, 10, 25, 7, 5, 3, 2, 1),
    (130, 9, 14, 21, 22, 27, 26, 15, 6, 1, 30, 2),
    (200, 11, 19, 23, 29, 31, 13, 17, 3, 41, 42, 43),
    (45, 18, 53, 10, 54, 28, 55, 6, 48, 9, 49, 1),
    (72, 3, 80, 2, 144, 1, 100, 15, 160, 14, 60, 7),
    (90, 32, 66, 44, 70, 56, 50, 68, 46, 76, 58, 84),
    (69, 38, 61, 39, 62, 47, 63, 51, 59, 57, 67, 65),
)
_MIXED = (
    *("add", "residual", "mul", "extremum", "concat", "lookup", "maximum", "average", "pad", "resize", "slice"),
    *("reshape", "transpose", "repeat", "l2_normalize", "log_softmax", "arg_max"),
)
_OTHERS = ("add", "residual", "average", "mul", "lookup", "maximum", "pad", "resize", "slice", "concat", "reshape")


@dataclass(frozen=True)
class Network:
    """portable: it is compiled for portable code alone. aligned: channels are padded to the multiple that kernels
    want."""

    name: str
    graph: Graph
    portable: bool = False
    aligned: bool = True


def networks() -> Iterator[Network]:
    """All of them, the same in every run."""
    for number, widths in enumerate(widths for widths in _WIDTHS for _ in range(2)):
        yield Network(f"separable {number}", _separable(widths, number))
    for number, width in enumerate((48, 40, 36, 28, 44, 32)):
        yield Network(f"strided {number}", _strided(width, number))
    for number, width in enumerate(width for width in (10, 14, 18, 22, 26, 30) for _ in range(2)):
        yield Network(f"odd rows {number}", _odd_rows(width, number))
    for number in range(7):
        yield Network(f"windows {number}", _windows(Random(number), number))
    for number in range(5):
        yield Network(f"deep windows {number}", _deep_windows(number))
    for number in range(4):
        yield Network(f"columns {number}", _columns(number))
    for number in range(6):
        graph = _odd(Random(number), number)
        yield Network(f"odd {number}", graph)
        yield Network(f"portable {number}", graph, portable=True)
    for number, kind in enumerate(_OTHERS):
        yield Network(kind, _operators(kind, number))
    yield Network("average again", _operators("average", 13))
    for number in range(8):
        yield Network(f"gated {number}", _gated(Random(number), number))
    for number in range(5):
        yield Network(f"pools {number}", _pools(Random(number), number))
    for number in range(6):
        yield Network(f"rough {number}", _rough(Random(number), number))
    for number in range(2):
        yield Network(f"residual {number}", _residual(number))
    for number in range(4):
        yield Network(f"over channels {number}", _over_channels(number))
    for number in range(3):
        yield Network(f"axes {number}", _axes(number))
    for number in range(8):
        yield Network(f"wide columns {number}", _wide_columns(Random(2000 + number), number))
    for number in range(48):
        yield Network(f"mixed {number}", _mixed(Random(1000 + number), number))
    for number in range(14):
        yield Network(f"between {number}", _between(Random(3000 + number), number))
    for number in range(len(_DENSE)):
        yield Network(f"one pixel {number}", _one_pixel(number), aligned=False)


def _rounding(number: int) -> Rounding:
    return Rounding.DOUBLE if number % 2 else Rounding.SINGLE


def _separable(widths: tuple[int, ...], number: int) -> Graph:
    """A first convolution and depthwise-separable blocks as in MobileNets, some at each width, with a dense head."""
    depths = cycle(_DEPTHS[number % len(_DEPTHS) :] + _DEPTHS[: number % len(_DEPTHS)])
    doubled, channels = number % 4 == 0, (1, 3)[number // 2 % 2]
    stride = 2 if doubled else 1
    sides = (0, 1, 0, 1) if doubled else (1, 1, 1, 1)
    blocks = [Block("conv", (3, 3), (stride, stride), sides, channels=next(depths), **_RELU)]
    for position in range(len(widths)):
        if position:
            left = (position + number) % 2
            blocks.append(Block("depthwise", (3, 3), (1, 2), (1, 1, left, 1 - left), **_RELU))
            blocks.append(Block("conv", channels=next(depths), **_RELU))
        for again in range(2):
            blocks.append(Block("depthwise", (3, 3), (1, 1), (1, 1, 1, 1), **_RELU))
            ending = _LINEAR if (again + position + number) % 3 == 0 else _RELU
            blocks.append(Block("conv", channels=next(depths), **ending))
    whole = Block("average", (99, 99), option=0), Block("global_average", zero_point=-128, option=1)
    blocks.append(whole[number % 2])
    heads = Block("softmax", channels=2 + number, option=1), Block("fully_connected", channels=2 + number, **_LINEAR)
    height = 8 if doubled else 5
    shape = (height, widths[0] * stride, channels)
    return _build(shape, _rounding(number // 2), blocks, heads[number // 3 % 2], seed=number)


def _strided(width: int, number: int) -> Graph:
    """Depthwise-separable blocks of which most halve the map."""
    depths = cycle((8, 12, 16, 4, 24, 8, 32, 20)[number:] + (8, 12, 16, 4, 24, 8, 32, 20)[:number])
    blocks = [Block("conv", (3, 3), (1, 1), _SAME, channels=next(depths), **_RELU)]
    padding = (0, 1, 0, 1) if number % 2 else _SAME
    for stride in (2, 2, 1, 2):
        blocks.append(Block("depthwise", (3, 3), (stride, stride), _SAME if stride == 1 else padding, **_RELU))
        blocks.append(Block("conv", channels=next(depths), **_RELU))
    # The same widths with the other padding.
    blocks.append(Block("resize", option=1))
    blocks.append(Block("depthwise", (3, 3), (2, 2), _SAME if number % 2 else (0, 1, 0, 1), **_RELU))
    blocks.append(Block("conv", channels=next(depths), **_RELU))
    return _build((16, width, 1 + number % 2 * 2), _rounding(number // 2), blocks, None, seed=number)


def _odd_rows(width: int, number: int) -> Graph:
    """Depthwise-separable blocks of which one halves rows to an odd width."""
    blocks = [Block("conv", (3, 3), (1, 1), _SAME, channels=20, **_RELU)]
    for stride, left, depth in ((1, 1, 24), (2, number % 2, 16), (1, 1, 64), (1, 1, 12)):
        blocks.append(Block("depthwise", (3, 3), (1, stride), (1, 1, left, 2 - stride or 1 - left), **_RELU))
        blocks.append(Block("conv", channels=depth, **_RELU))
    return _build((5, width, 3), _rounding(number), blocks, None, seed=number)


def _windows(random: Random, number: int) -> Graph:
    """Standard convolutions with windows of several sizes, between pointwise ones."""
    size, channels = (6, 15, 8, 11, 12, 9, 7)[number], (3, 4, 8, 1, 12, 3, 16)[number]
    blocks = []
    for position in range(5):
        side, stride = random.choice((2, 3, 3, 5)), 2 if position == 3 else 1
        pad = 0 if side == 2 else side // 2
        depth = random.choice((4, 8, 12, 16, 20, 24, 32))
        blocks.append(Block("conv", (side, side), (stride, stride), (pad,) * 4, channels=depth, **_RELU))
        depth = random.choice((4, 6, 8, 12, 16, 20, 24, 32))
        blocks.append(Block("conv", channels=depth, **random.choice((_RELU, _LINEAR))))
    head = Block("softmax", option=2) if number % 2 else None
    return _build((size, size, channels), _rounding(number), blocks, head, seed=number)


def _deep_windows(number: int) -> Graph:
    """Standard convolutions one after another, whose windows are too large to be copied without loops; of some all lie
    in the image."""
    size, channels = (20, 15, 13, 16, 17)[number], (8, 12, 8, 16, 8)[number]
    depths = ((8, 16, 12, 32, 24, 64, 40), (8, 10, 16, 24, 16, 12, 8), (8, 12, 10, 8, 12, 14, 16),
              (16, 20, 8, 48, 16, 32, 12), (8, 8, 24, 16, 12, 16, 10))[number]  # fmt: skip
    blocks = []
    for position, depth in enumerate(depths):
        side, stride = 5 if position == 2 and number in (0, 3) else 3, 2 if position == 3 else 1
        pads = (0 if position % 2 else side // 2,) * 4
        blocks.append(Block("conv", (side, side), (stride, stride), pads, channels=depth, **_RELU))
    return _build((size, size, channels), _rounding(number), blocks, None, seed=number)


def _columns(number: int) -> Graph:
    """Depthwise-separable blocks of even numbers of channels that are no multiples of 4; some read the image itself."""
    width, depths = (24, 20, 33, 16)[number], cycle((6, 10, 14, 18, 10, 22, 6))
    first = Block("conv", (3, 3), (1, 1), _SAME, channels=next(depths), **_RELU)
    blocks = [first] if number < 2 else []
    for position in range(5):
        stride = 2 if position == 2 else 1
        blocks.append(Block("depthwise", (3, 3), (stride, stride), _SAME, **_RELU))
        blocks.append(Block("conv", channels=next(depths), **_RELU))
    return _build((4 + number, width, 1 + number), _rounding(number), blocks, None, seed=number)


def _odd(random: Random, number: int) -> Graph:
    """Convolutions of odd numbers of channels and unusual windows, which few kernels but portable C take."""
    size, channels = (6, 13, 8, 9, 10, 7)[number], (1, 2, 3, 5, 1, 3)[number]
    blocks = []
    for position in range(6):
        sides = random.choice(((3, 3), (3, 3), (5, 5), (1, 3), (3, 1), (4, 5), (2, 2)))
        stride = 2 if position == 4 else 1
        padding = (sides[0] // 2, (sides[0] - 1) // 2, sides[1] // 2, (sides[1] - 1) // 2)
        ending = random.choice((_RELU, _LINEAR))
        kind = "conv" if position % 3 == 0 else "depthwise"
        wide = random.choice(_ODD_CHANNELS) if kind == "conv" else random.choice((1, 1, 2))
        blocks.append(Block(kind, sides, (stride, stride), padding, channels=wide, **ending))
        if position % 2 == 0:
            blocks.append(Block("conv", channels=random.choice(_ODD_CHANNELS), **ending))
    head = Block("fully_connected", channels=(1, 2, 5, 7, 4, 3)[number], **_LINEAR)
    return _build((size + 1, size, channels), _rounding(number), blocks, head, seed=number)


def _operators(kind: str, number: int) -> Graph:
    """One operator several times between convolutions; what a depthwise convolution reads lies channel by channel."""
    size, channels = (8, 10, 12, 9, 14)[number % 5], (4, 6, 8, 12)[number % 4]
    blocks = [Block("conv", (3, 3), (1, 1), _SAME, channels=channels, **_RELU)]
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
            blocks.append(Block("depthwise", (3, 3), (1, 1), _SAME, **_RELU))
        if position != 5:
            blocks.append(Block("conv", channels=(4, 6, 8, 12, 16)[(number + position) % 5], **_RELU))
    head = Block("outputs", channels=5) if number % 2 else None
    return _build((size, size, channels), _rounding(number), blocks, head, seed=number)


def _gated(random: Random, number: int) -> Graph:
    """Elementwise operators of a map with another map or with a vector of it, as in squeeze-and-excitation, after
    depthwise convolutions of several windows."""
    size, channels = (6, 12, 9, 16, 7, 20, 14, 10)[number], (8, 12, 4, 8, 24, 8, 6, 16)[number]
    blocks = [Block("conv", (3, 3), (1, 1), _SAME, channels=channels, **_RELU)]
    for position in range(5):
        side, stride = random.choice((3, 5, 5)), 2 if position == 2 else 1
        blocks.append(Block("depthwise", (side, side), (stride, stride), (side // 2,) * 4, **random.choice(_ENDINGS)))
        kind = ("mul", "add", "mul", "extremum", "mul")[position]
        if random.random() < 0.5:
            # What a convolution by pixels makes lies in pixels, and what is read as planes in planes.
            blocks.append(Block("conv", channels=random.choice((4, 8, 12, 16, 20)), **random.choice(_ENDINGS)))
        # About in the middle of the range, so that a product is not constant.
        ending = {"clamp": random.choice(("none", "none", "relu")), "zero_point": random.choice((-1, -1, 3))}
        blocks.append(Block(kind, channels=channels, **ending, option=random.choice((1, 2, 2, 3))))
        if random.random() < 0.5:
            blocks.append(Block("lookup", zero_point=-1, option=random.choice((0, 1, 1))))
        blocks.append(Block("conv", channels=random.choice((6, 8, 12, 16, 24)), **_LINEAR))
    return _build((size, size, 1 + number % 3), _rounding(number // 2), blocks, None, seed=number)


def _pools(random: Random, number: int) -> Graph:
    """Pools of several windows over maps that lie in pixels or in planes, with means over the rest."""
    size, channels = (12, 21, 16, 10, 25)[number], (8, 4, 12, 20, 6)[number]
    blocks = [Block("conv", (3, 3), (1, 1), _SAME, channels=channels, **_RELU)]
    for position in range(5):
        kind = random.choice(("average", "average", "maximum"))
        sides = random.choice(((2, 2), (2, 2), (3, 3), (1, 2), (3, 2)))
        stride, pad = 2 if position in (0, 3) else 1, random.choice((0, 0, 1))
        option = random.choice((0, 1))
        blocks.append(Block(kind, sides, (stride, stride), (pad, pad, pad, pad), zero_point=-1, option=option))
        if random.random() < 0.5:
            blocks.append(Block("depthwise", (3, 3), (1, 1), _SAME, **_RELU))
        blocks.append(Block("conv", channels=random.choice((4, 8, 12, 16)), **_RELU))
    blocks += [Block("global_average", zero_point=-128, option=1), Block("conv", channels=4, **_LINEAR)]
    return _build((size, size, 1), _rounding(number), blocks, None, seed=number)


def _rough(random: Random, number: int) -> Graph:
    """Layers that no calibration has touched: some weights of nine bits, multipliers and biases of any size, so that
    fewer forms of a requantization can be proved."""
    size, channels = (8, 11, 14, 9, 12, 16)[number], (3, 1, 2, 3, 1, 3)[number]
    blocks = [Block("conv", (3, 3), (1, 1), _SAME, channels=(8, 10, 12, 6, 16, 4)[number], **_RELU)]
    for position in range(5):
        stride = 2 if position == 2 else 1
        ending = {**random.choice(_ENDINGS), "option": random.choice((1, 1, 2, 3, 4))}
        blocks.append(Block("depthwise", (3, 3), (stride, stride), _SAME, **ending))
        ending = {**random.choice(_ENDINGS), "option": random.choice((1, 1, 2, 3, 4))}
        blocks.append(Block("conv", channels=random.choice((6, 8, 10, 12, 16, 20, 28)), **ending))
    blocks.append(Block("global_average", zero_point=-128, option=1))
    blocks.append(Block("fully_connected", channels=3 + number, **_LINEAR))
    return _build((size, size, channels), _rounding(number), blocks, None, seed=number, calm=False)


def _one_pixel(number: int) -> Graph:
    """Dense layers one behind the other, the first over a small map, and depthwise-separable ones of one pixel."""
    size, sizes = 1 + number % 2, _DENSE[number]
    blocks = [Block("conv", channels=sizes[0], **_RELU)]
    if number % 4 > 1:
        blocks.append(Block("depthwise", (3, 3), (2, 2), _SAME, **_RELU))
        blocks.append(Block("conv", channels=sizes[1], **_RELU))
    blocks.append(Block("fully_connected", channels=sizes[2], **_LINEAR))
    for position, channels in enumerate(sizes[3:]):
        ending = _ENDINGS[(position + number // 4) % 2]
        blocks.append(Block("conv", channels=channels, **ending))
    return _build((size, size, 3), _rounding(number // 2), blocks, None, seed=number)


def _residual(number: int) -> Graph:
    """Sums of maps with branches of standard convolutions, as in residual networks."""
    size, depths = (14, 11)[number], (8, 12, 16, 8)
    blocks = [Block("conv", (3, 3), (1, 1), _SAME, channels=8, **_RELU)]
    for position, channels in enumerate(depths):
        stride = 1 + position % 2
        blocks.append(Block("conv", (3, 3), (stride, stride), _SAME, channels=channels, **_RELU))
        blocks.append(Block("add", channels=2, **{**_LINEAR, "option": 1}))
        blocks.append(Block("conv", (3, 3), (1, 1), _SAME, channels=channels, **_LINEAR))
        blocks.append(Block("add", channels=2, **{**_RELU, "option": 1}))
    return _build((size, size, 3), _rounding(number), blocks, None, seed=number)


def _over_channels(number: int) -> Graph:
    """What is computed of all channels of a pixel: logarithms of probabilities, unit length, the largest."""
    size, depths = (9, 14, 7, 12)[number], cycle((10, 4, 24, 7, 16, 32, 12, 3)[number:])
    blocks = []
    for position in range(6):
        stride = 1 + (position == 3)
        channels = next(depths)
        blocks.append(Block("conv", (3, 3), (stride, stride), _SAME, channels=channels, **_LINEAR))
        if (position + number) % 4 == 0:
            blocks.append(Block("depthwise", (3, 3), (1, 1), _SAME, **_LINEAR))
        blocks.append(Block(("l2_normalize", "log_softmax", "arg_max")[(position + number) % 3]))
    return _build((size, size, 1 + number % 3), _rounding(number), blocks, None, seed=number)


def _axes(number: int) -> Graph:
    """Axes in every order, of maps that convolutions write and read."""
    size, channels = (8, 11, 6)[number], (6, 12, 16)[number]
    blocks = []
    for position in range(6):
        kind = "depthwise" if position and (position + number) % 3 == 0 else "conv"
        blocks.append(Block(kind, (3, 3), (1, 1), _SAME, channels=channels if kind == "conv" else 1, **_RELU))
        # The first order is the one that they have.
        blocks.append(Block("transpose", option=1 + (position + number) % 5))
    blocks.append(Block("conv", channels=8, **_RELU))
    return _build((size, size + number, 1), _rounding(number), blocks, None, seed=number)


def _wide_columns(random: Random, number: int) -> Graph:
    """Depthwise convolutions of other windows than 3 by 3 before pointwise ones, at widths of every tiling."""
    width = (11, 17, 13, 19, 25, 12, 10, 23)[number]
    blocks = [Block("conv", (3, 3), (1, 1), _SAME, channels=random.choice((8, 12, 16)), **_RELU)]
    for position in range(4):
        sides, stride = random.choice(((5, 5), (5, 5), (3, 5), (4, 4), (7, 7))), 2 if position == 2 else 1
        top, left = sides[0] // 2, sides[1] // 2
        inside = random.random() < 0.3 and width // (1 + position) > 6
        padding = (0, 0, 0, 0) if inside else (top, sides[0] - 1 - top, left, sides[1] - 1 - left)
        blocks.append(Block("depthwise", sides, (stride, stride), padding, **random.choice(_ENDINGS)))
        blocks.append(Block("conv", channels=random.choice((4, 8, 12, 20, 24)), **random.choice(_ENDINGS)))
    return _build((width - 2, width, 1 + number % 3), _rounding(number), blocks, None, seed=number)


def _mixed(random: Random, number: int) -> Graph:
    """Five operators of any kinds on maps of any size, between convolutions of all sorts."""
    shape = (random.randint(7, 36), random.randint(7, 36), random.choice((1, 2, 3)))
    blocks = [Block("conv", (3, 3), (1 + number % 2,) * 2, _SAME, channels=random.choice(_MIXED_CHANNELS), **_RELU)]
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
            blocks.append(Block("depthwise", (side, side), (stride, stride), (pad,) * 4, **random.choice(_ENDINGS)))
        if random.random() < 0.8:
            side, stride = random.choice((1, 1, 3)), random.choice((1, 1, 2))
            pad = side // 2 * random.choice((0, 1))
            channels = random.choice(_MIXED_CHANNELS)
            conv = Block("conv", (side, side), (stride, stride), (pad,) * 4, channels=channels)
            blocks.append(replace(conv, **random.choice(_ENDINGS)))
    head = Block("outputs", channels=4, option=number // 3 % 2) if number % 3 == 0 else None
    return _build(shape, _rounding(number), blocks, head, seed=number)


def _between(random: Random, number: int) -> Graph:
    """What compilers make much of by themselves: pools, sums and copies of maps, as they lie between pointwise
    convolutions, and means of whole maps."""
    shape = (random.randint(9, 16), random.randint(8, 17), random.choice((1, 3)))
    channels = 4 if number in _WORDS else random.choice(_BETWEEN_CHANNELS)
    blocks = [Block("conv", (3, 3), (1, 1), _SAME, channels=channels, **_RELU)]
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
            blocks.append(Block("depthwise", (3, 3), (1, 1), _SAME, **_RELU))
        blocks.append(Block("conv", channels=random.choice(_BETWEEN_CHANNELS), **random.choice(_ENDINGS)))
    if number % 2:
        blocks.append(Block("add", channels=1, **_RELU))
    means = Block("average", (99, 99), option=0), Block("global_average", zero_point=-128, option=1)
    blocks.append(means[number % 3 // 2])
    return _build(shape, _rounding(number), blocks, Block("fully_connected", channels=4, **_LINEAR), seed=number)


def _build(
    shape: tuple[int, int, int],
    rounding: Rounding,
    blocks: list[Block],
    head: Block | None,
    seed: int,
    *,
    calm: bool = True,
) -> Graph:
    make = calm_graph if calm else build
    return make(shape, -128, rounding, [*blocks, head] if head else blocks, seed=seed)
