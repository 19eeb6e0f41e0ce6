"""DepthwiseConv2D."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from mcugen.fixedpoint import requantize
from mcugen.ir import DepthwiseConv2D, Tensor
from mcugen.ir.accumulate import accumulate_depthwise, accumulator_bound
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.kind import Kind, anything, blocks, rectified, same, windows
from tests.support.operators.windows import over_windows


def add_depthwise(builder: GraphBuilder, block: Block) -> None:
    source, window = builder.source, builder.window(block)
    multiplier = block.channels if source.channels <= 17 else 1
    channels = source.channels * multiplier
    weights = builder.weights((*window.kernel, channels), 2, None)
    bias = builder.bias(channels)
    values = builder.values[builder.current]
    bound = accumulator_bound(weights.reshape(-1, channels).T, bias, source)
    builder.check_bound(bound)
    accumulator = accumulate_depthwise(values, weights, bias, window, multiplier, source.zero_point, bound)
    shape = (*window.output_size(source.height, source.width), channels)
    output = builder.output("depthwise", shape, block.zero_point)
    op = DepthwiseConv2D(
        name=builder.name("depthwise"),
        inputs=(builder.current,),
        output=output.name,
        weights=weights,
        bias=bias,
        window=window,
        requantization=builder.requantization(accumulator, block, bound),
        depth_multiplier=multiplier,
    )
    builder.append(op, output)


def naive(op: DepthwiseConv2D, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    weights = op.weights.reshape(-1, output.channels).astype(np.int64)
    which = np.arange(output.channels) // op.depth_multiplier
    total = over_windows(
        values[0] - inputs[0].zero_point, op.window, 0, lambda c: (c[:, :, which] * weights).sum(axis=1)
    )
    return requantize(total + op.bias, op.requantization)


KINDS = (
    Kind(
        "depthwise",
        DepthwiseConv2D,
        add_depthwise,
        naive,
        blocks("depthwise", channels=st.integers(1, 3), **windows, **anything),
        examples=(Block("depthwise", (3, 3), padding=same, **rectified),),
    ),
)
