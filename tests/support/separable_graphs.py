"""Small MobileNets whose every stage the kernels of packed pixels can take: shapes are what differs between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from mcugen.fixedpoint import Rounding
from mcugen.ir import Conv2D, DepthwiseConv2D, Graph, Operator, verify
from tests.support.random_graphs import Block, build

_ACTIVATION = {"clamp": "relu", "zero_point": -128}


def separable_graph(
    height: int,
    width: int,
    channels: tuple[int, ...],
    strides: tuple[int, ...],
    padding: int = 1,
    seed: int = 0,
    linear: int | None = None,
) -> Graph:
    """A convolution of 3x3 and, for each stride, a depthwise and a pointwise one. channels: of the convolution's output
    and of each pointwise one. padding: before the windows of stride 2 (0 or 1); TensorFlow has 0 where sizes are
    even. linear: the zero point of pointwise convolutions without activation, each followed by one with it, as
    MobileNetV2 has them."""
    blocks = [Block("conv", kernel=(3, 3), padding=(1, 1, 1, 1), channels=channels[0], option=1, **_ACTIVATION)]
    for stride, wide in zip(strides, channels[1:], strict=True):
        before = 1 if stride == 1 else padding
        around = (before, 1, before, 1) if stride == 1 else (before, 1 - before, before, 1 - before)
        blocks += [
            Block("depthwise", (3, 3), (stride, stride), around, option=1, **_ACTIVATION),
            Block("conv", channels=wide, option=1, **(_ACTIVATION if linear is None else {"zero_point": linear})),
        ]
        if linear is not None:
            blocks.append(Block("conv", channels=2 * wide, option=1, **_ACTIVATION))
    graph = build((height, width, 3), -1, Rounding.DOUBLE, blocks, seed=seed)
    return verify(graph.with_operators(tuple(tamed(op) for op in graph.operators), graph.tensors))


def tamed(op: Operator) -> Operator:
    """The operator with multipliers and weights as trained layers have them.

    Assembly does not take all that random graphs have.
    """
    if not isinstance(op, Conv2D | DepthwiseConv2D):
        return op
    shift = op.requantization.shift.clip(-12, -4)
    multiplier = op.requantization.multiplier.clip((1 << 30) + 12345, None)
    bias = op.bias.clip(-20_000, 20_000)
    weights = op.weights.clip(-127, 127).astype(np.int8)
    return replace(
        op, weights=weights, bias=bias, requantization=replace(op.requantization, shift=shift, multiplier=multiplier)
    )


def separable_graphs() -> st.SearchStrategy[Graph]:
    """Graphs of one to three separable convolutions."""
    count = st.shared(st.integers(1, 3), key="count")
    return st.builds(
        separable_graph,
        height=st.integers(3, 12),
        width=st.one_of(st.integers(3, 14), st.sampled_from([16, 20, 24, 32, 36])),
        channels=count.flatmap(lambda n: st.tuples(*[st.integers(1, 40)] * (n + 1))),
        strides=count.flatmap(lambda n: st.tuples(*[st.sampled_from([1, 1, 2])] * n)),
        padding=st.integers(0, 1),
        seed=st.integers(0, 1 << 16),
        linear=st.one_of(st.none(), st.integers(-127, 126)),
    )
