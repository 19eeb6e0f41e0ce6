"""Conv2D."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen.fixedpoint import requantize
from mcugen.ir import Conv2D, Tensor
from mcugen.ir.accumulate import accumulate_convolution, accumulator_bound
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.kind import Kind, anything, blocks, channels, rectified, same, windows
from tests.support.operators.windows import over_windows


def add_conv(builder: GraphBuilder, block: Block) -> None:
    source, window = builder.source, builder.window(block)
    weights = builder.weights((block.channels, *window.kernel, source.channels), 0, 3)
    bias = builder.bias(block.channels)
    matrix = weights.reshape(block.channels, -1)
    bound = accumulator_bound(matrix, bias, source)
    builder.check_bound(bound)
    values = builder.values[builder.current]
    accumulator = accumulate_convolution(values, matrix, bias, window, source.zero_point, bound)
    shape = (*window.output_size(source.height, source.width), block.channels)
    output = builder.output("conv", shape, block.zero_point)
    op = Conv2D(
        name=builder.name("conv"),
        inputs=(builder.current,),
        output=output.name,
        weights=weights,
        bias=bias,
        window=window,
        requantization=builder.requantization(accumulator, block, bound),
    )
    builder.append(op, output)


def naive(op: Conv2D, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    weights = op.weights.reshape(output.channels, -1, inputs[0].channels).astype(np.int64)
    total = over_windows(values[0] - inputs[0].zero_point, op.window, 0, lambda c: np.einsum("nkc,okc->no", c, weights))
    return requantize(total + op.bias, op.requantization)


KINDS = (
    Kind(
        "conv",
        Conv2D,
        add_conv,
        naive,
        blocks("conv", channels=channels, **anything),
        examples=(Block("conv", channels=8, option=1),),
    ),
    Kind(
        "conv",
        Conv2D,
        add_conv,
        naive,
        blocks("conv", channels=channels, **windows, **anything),
        examples=(Block("conv", (3, 3), padding=same, channels=8, **rectified),),
    ),
)
