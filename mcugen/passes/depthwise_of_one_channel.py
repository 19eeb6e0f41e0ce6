"""A depthwise convolution of a single channel is a standard convolution."""

from __future__ import annotations

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D, Graph, Operator


def depthwise_of_one_channel(graph: Graph) -> Graph:
    """Turns DepthwiseConv2D on a one-channel input (the first layer of person_detect) into Conv2D."""
    return graph.with_operators(tuple(_converted(graph, op) for op in graph.operators), graph.tensors)


def _converted(graph: Graph, op: Operator) -> Operator:
    if not isinstance(op, DepthwiseConv2D) or graph.tensors[op.input].channels != 1:
        return op
    return Conv2D(
        name=op.name,
        inputs=op.inputs,
        output=op.output,
        source=op.source,
        source_index=op.source_index,
        weights=np.ascontiguousarray(op.weights.transpose(2, 0, 1)[..., None]),
        bias=op.bias,
        window=op.window,
        requantization=op.requantization,
    )
