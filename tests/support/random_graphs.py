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
from tests.support.graph_operators import ADDERS

CLAMPS = ("none", "relu", "relu6")


def random_inputs(graph: Graph, count: int, seed: int) -> np.ndarray:
    """`count` seeded random images, then the extremes: all lowest, all highest, zero point, two checkerboards.

    Returns [count + 5, height, width, channels] of the input tensor's dtype.
    """
    return random_maps(graph.input_tensor, count, np.random.default_rng(seed))


zero_points = st.one_of(st.sampled_from([0, -128, 127, -1, 1]), st.integers(-128, 127))
_kernels = st.sampled_from([(1, 1), (3, 3), (5, 5), (1, 3), (3, 1), (2, 2), (3, 2), (4, 5), (1, 2)])
_strides = st.sampled_from([(1, 1), (2, 2), (1, 2), (2, 1), (3, 3), (3, 1)])
_paddings = st.one_of(
    st.sampled_from([(0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 0, 1), (2, 2, 2, 2)]), st.tuples(*[st.integers(0, 3)] * 4)
)
_channels = st.integers(1, 17)
_clamps = st.sampled_from(CLAMPS)


def _blocks(kind: str, **fields: st.SearchStrategy[object]) -> st.SearchStrategy[Block]:
    return st.builds(Block, kind=st.just(kind), **fields)


_window_fields = {"kernel": _kernels, "stride": _strides, "padding": _paddings}
_output_fields = {"clamp": _clamps, "zero_point": zero_points, "option": st.integers(0, 3)}
_pointwise = _blocks("conv", channels=_channels, **_output_fields)
_conv = _blocks("conv", channels=_channels, **_window_fields, **_output_fields)
_depthwise = _blocks("depthwise", channels=st.integers(1, 3), **_window_fields, **_output_fields)
_residual = _blocks("residual", kernel=_kernels, **_output_fields)
_pools = st.one_of(
    _blocks("average", **_window_fields, **_output_fields),
    _blocks("global_average", **_output_fields),
    _blocks("maximum", **_window_fields, **_output_fields),
)
_rest = st.one_of(
    _blocks("pad", padding=_paddings),
    _blocks("reshape", option=st.integers(0, 3)),
    _blocks("lookup", zero_point=zero_points, option=st.integers(0, 1)),
    _blocks("fully_connected", channels=_channels, **_output_fields),
)
_heads = st.one_of(st.none(), _blocks("softmax", channels=_channels, option=st.integers(0, 1)))


def graphs(max_blocks: int = 5, max_size: int = 9) -> st.SearchStrategy[Graph]:
    """Random verified graphs: chains and residual diamonds of every operator, both roundings, without overflow.

    max_blocks: operators before the head (a residual block counts once). max_size: of the input's height and width.
    A falsifying example is printed as the call of `build` that makes it.
    """
    size = st.integers(1, max_size)
    blocks = st.one_of(_pointwise, _conv, _depthwise, _residual, _pools, _rest)
    return st.builds(
        build,
        shape=st.tuples(size, size, _channels),
        zero_point=zero_points,
        rounding=st.sampled_from(Rounding),
        blocks=st.lists(blocks, min_size=1, max_size=max_blocks),
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
