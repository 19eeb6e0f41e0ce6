"""FullyConnected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen.fixedpoint import requantize
from mcugen.ir import FullyConnected, Tensor
from mcugen.ir.accumulate import accumulator_bound
from tests.support.graph_builder import LARGEST_MAP, Block, GraphBuilder
from tests.support.operators.average_pool import add_global_average
from tests.support.operators.kind import Kind, anything, blocks, channels


def add_fully_connected(builder: GraphBuilder, block: Block) -> None:
    if builder.source.size > LARGEST_MAP:
        add_global_average(builder, block)
    source = builder.source
    weights = builder.weights((block.channels, source.size), 0, 1)
    bias = builder.bias(block.channels)
    bound = accumulator_bound(weights, bias, source)
    builder.check_bound(bound)
    values = builder.values[builder.current].reshape(-1, source.size).astype(np.int64)
    accumulator = (values - source.zero_point) @ weights.T.astype(np.int64) + bias
    output = builder.output("fully_connected", (1, 1, block.channels), block.zero_point)
    op = FullyConnected(
        name=builder.name("fully_connected"),
        inputs=(builder.current,),
        output=output.name,
        weights=weights,
        bias=bias,
        requantization=builder.requantization(accumulator, block, bound),
    )
    builder.append(op, output)


def naive(op: FullyConnected, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    total = (values[0] - inputs[0].zero_point).reshape(len(values[0]), -1) @ op.weights.astype(np.int64).T + op.bias
    return requantize(total, op.requantization).reshape(len(values[0]), *output.shape)


KINDS = (
    Kind(
        "fully_connected",
        FullyConnected,
        add_fully_connected,
        naive,
        blocks("fully_connected", channels=channels, **anything),
    ),
)
