"""Small networks of every operator, drawn at random, as people build them: what predictions are judged by.

The tables of predictions come from other networks (`benchmarks/layers.py`), so that none of these is known to them,
but those of seeds from `FIRST_SEEN` on.
"""

from __future__ import annotations

from random import Random

from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph
from tests.support.calm_graphs import calm_graph
from tests.support.graph_builder import Block

_RELU = {"clamp": "relu", "zero_point": -128, "option": 1}
_LINEAR = {"clamp": "none", "zero_point": 3, "option": 1}
_SHAPES = ((32, 32), (24, 24), (28, 28), (49, 10), (20, 30), (25, 35), (16, 16), (40, 13))
_CHANNELS = (4, 6, 8, 10, 12, 16, 20, 24, 30)


FIRST_SEEN = 10_000
"""The first seed of the networks that tables of predictions are measured by."""


def unseen_net(seed: int) -> Graph:
    """The network of a seed: a first convolution, two to four blocks, and a head."""
    random = Random(seed)
    side, stride = random.choice((3, 3, 3, 5)), random.choice((1, 2, 2))
    blocks = [
        Block("conv", (side, side), (stride, stride), _padding(random, side), channels=_channels(random), **_RELU)
    ]
    for _ in range(random.randint(2, 4)):
        blocks += random.choice(_BLOCKS)(random)
    head = random.choice(_HEADS)(random)
    shape = (*random.choice(_SHAPES), random.choice((1, 3)))
    return calm_graph(shape, -128, random.choice(tuple(Rounding)), [*blocks, *head], seed=seed)


def _channels(random: Random) -> int:
    return random.choice(_CHANNELS)


def _padding(random: Random, side: int) -> tuple[int, int, int, int]:
    """As SAME has it, of TensorFlow with a stride of 2 as well, or as VALID has it."""
    half = side // 2
    return random.choice(((half,) * 4, (half,) * 4, (half - 1, half, half - 1, half), (0, 0, 0, 0)))


def _separable(random: Random) -> list[Block]:
    side, stride = random.choice((3, 3, 3, 5)), random.choice((1, 1, 2))
    depthwise = Block("depthwise", (side, side), (stride, stride), _padding(random, side), **_RELU)
    return [depthwise, Block("conv", channels=_channels(random), **random.choice((_RELU, _LINEAR)))]


def _inverted(random: Random) -> list[Block]:
    """MobileNet-v2's: expanded, filtered, projected; the sum with its input is of a branch of its own."""
    narrow = Block("conv", channels=random.choice((4, 6, 8, 12)), **_LINEAR)
    wide = Block("conv", channels=random.choice((16, 24, 30)), **_RELU)
    residual = Block("residual", (3, 3), **{**_LINEAR, "option": random.choice((1, 2))})
    return [wide, Block("depthwise", (3, 3), (1, 1), (1, 1, 1, 1), **_RELU), narrow, residual]


def _standard(random: Random) -> list[Block]:
    """ResNet's: a standard convolution, and a sum or a difference of two maps."""
    channels = random.choice((6, 8, 12, 16))
    conv = Block("conv", (3, 3), (1, 1), (1, 1, 1, 1), channels=channels, **random.choice((_RELU, _LINEAR)))
    return [conv, Block("add", channels=random.choice((1, 2, 2)), **{**_RELU, "option": 1})]


def _gated(random: Random) -> list[Block]:
    """Squeeze and excitation, with a table between."""
    gate = Block("mul", zero_point=-1, option=random.choice((1, 2, 3)))
    lookup = Block("lookup", zero_point=-1, option=random.choice((0, 1, 2)))
    order = [gate, lookup] if random.random() < 0.5 else [lookup, gate]
    return [*_separable(random), *order, Block("conv", channels=_channels(random), **_LINEAR)]


def _spatial(random: Random) -> list[Block]:
    """A map of one channel over many."""
    return [Block("repeat", channels=_channels(random)), Block("conv", (3, 3), channels=_channels(random), **_RELU)]


def _pooled(random: Random) -> list[Block]:
    side = random.choice((2, 2, 3))
    padding = (side // 2,) * 4 if side == 3 and random.random() < 0.5 else (0, 0, 0, 0)
    kind = random.choice(("average", "maximum"))
    pool = Block(kind, (side, side), (2, 2), padding, zero_point=-1, option=random.choice((0, 1)))
    return [pool, *random.choice((_separable, _standard))(random)]


def _joined(random: Random) -> list[Block]:
    concat = Block("concat", channels=random.choice((3, 4, 8)), zero_point=-1, option=random.choice((0, 1, 1, 2)))
    return [concat, Block("conv", channels=random.choice((4, 6, 8, 12)), **_RELU)]


def _moved(random: Random) -> list[Block]:
    """Rows and columns: added, left out, drawn out, or in another order."""
    kind = random.choice(("pad", "slice", "resize", "transpose", "extremum"))
    moved = Block(kind, padding=(1, 1, 2, 1), channels=4, option=random.choice((1, 2) if kind != "resize" else (0, 1)))
    return [moved, Block("conv", channels=_channels(random), **_RELU)]


def _classifier(random: Random) -> list[Block]:
    whole = random.choice((Block("global_average", zero_point=-128, option=1), Block("average", (99, 99), option=0)))
    classes = Block("fully_connected", channels=random.choice((2, 5, 10)), **_LINEAR)
    ends = ([classes], [Block("softmax", channels=random.choice((2, 4, 10)), option=1)])
    return [whole, *random.choice((*ends, [classes, Block("log_softmax")], [classes, Block("l2_normalize")]))]


def _map(random: Random) -> list[Block]:
    """A value or more at each position, as of segmentation and of detection, and several outputs."""
    conv = Block("conv", channels=random.choice((2, 3, 5, 8)), **_LINEAR)
    ends = ([Block("arg_max")], [Block("l2_normalize")], [Block("log_softmax")], [], [Block("outputs", channels=3)])
    return [conv, *random.choice(ends)]


_BLOCKS = (_separable, _separable, _inverted, _standard, _gated, _spatial, _pooled, _joined, _moved, _moved)
_HEADS = (_classifier, _classifier, _map)
