"""Hypothesis strategies for random graphs of every operator, built without a model file.

Hypothesis draws the structure (so that it shrinks to few, small layers); a NumPy generator seeded with one drawn
integer draws weights, biases and multipliers. Multipliers are calibrated on a batch run through the reference, so that
most outputs vary within their range; some channels are left uncalibrated, constant or saturated on purpose.
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph
from tests.support.graph_builder import Block, GraphBuilder, random_maps
from tests.support.operators import ADDERS, KINDS
from tests.support.operators.kind import channels, zero_points

OVERFLOWS = ("past 2^30", "do not fit a 32-bit bias")
"""What a random graph may be refused for: that its sums could overflow."""


def random_inputs(graph: Graph, count: int, seed: int) -> np.ndarray:
    """`count` seeded random images, then the extremes: all lowest, all highest, zero point, two checkerboards.

    Returns [count + 5, height, width, channels] of the input tensor's dtype.
    """
    return random_maps(graph.input_tensor, count, np.random.default_rng(seed))


# Convolutions first: examples shrink to what comes early.
_blocks = st.one_of(*(kind.blocks for kind in sorted(KINDS, key=lambda kind: kind.name != "conv") if not kind.is_head))
_heads = st.one_of(st.none(), *(kind.blocks for kind in KINDS if kind.is_head))


def graphs(max_blocks: int = 5, max_size: int = 9) -> st.SearchStrategy[Graph]:
    """Random verified graphs: chains and residual diamonds of every operator, both roundings, without overflow.

    max_blocks: operators before the head (a residual block counts once). max_size: of the input's height and width.
    A falsifying example is printed as the call of `build` that makes it.
    """
    size = st.integers(1, max_size)
    return st.builds(
        build,
        shape=st.tuples(size, size, channels),
        zero_point=zero_points,
        rounding=st.sampled_from(Rounding),
        blocks=st.lists(_blocks, min_size=1, max_size=max_blocks),
        head=_heads,
        seed=st.integers(0, (1 << 16) - 1),
    )


def build(
    shape: tuple[int, int, int],
    zero_point: int,
    rounding: Rounding,
    blocks: list[Block],
    head: Block | None = None,
    seed: int = 0,
) -> Graph:
    """The graph that a seed makes of blocks and a head. Windows that do not fit a map are cut to its size."""
    builder = GraphBuilder(rounding, np.random.default_rng(seed))
    builder.start(shape, zero_point)
    for block in blocks if head is None else [*blocks, head]:
        ADDERS[block.kind](builder, block)
    return builder.finish()
