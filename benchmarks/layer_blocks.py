"""What the synthetic layers of benchmarks/layers.py are made of."""

from __future__ import annotations

from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph
from tests.support.calm_graphs import calm_graph
from tests.support.graph_builder import Block
from tests.support.random_graphs import build as build_graph

RELU = {"clamp": "relu", "zero_point": -128, "option": 1}
LINEAR = {"clamp": "none", "zero_point": 3, "option": 1}
ENDINGS = (RELU, LINEAR)
SAME = (1, 1, 1, 1)


def rounding(number: int) -> Rounding:
    """Of the network of this number: both ways in turn."""
    return Rounding.DOUBLE if number % 2 else Rounding.SINGLE


def build(
    shape: tuple[int, int, int],
    rounding: Rounding,
    blocks: list[Block],
    head: Block | None,
    seed: int,
    *,
    calm: bool = True,
) -> Graph:
    """The network of these blocks. calm: every channel is calibrated, as training and quantization leave it."""
    make = calm_graph if calm else build_graph
    return make(shape, -128, rounding, [*blocks, head] if head else blocks, seed=seed)
