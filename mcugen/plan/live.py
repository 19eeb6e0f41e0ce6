"""Costs of an optimized graph without the channels that only pad it to a multiple of what a kernel works in."""

from __future__ import annotations

from mcugen.ir import Conv2D, DepthwiseConv2D, Graph, Operator, Tensor
from mcugen.plan.costs import operator_macs, operator_parameters


def live_channels(tensor: Tensor) -> int:
    """Channels of the tensor that are channels of the model."""
    return tensor.channels if tensor.origin is None else int((tensor.origin.kept >= 0).sum())


def live_macs(op: Operator, graph: Graph) -> int:
    """Multiply-accumulates of one operator of an optimized graph."""
    output = graph.tensors[op.output]
    weights = _live_weights(op, graph)
    return operator_macs(op, output) if weights is None else weights * output.height * output.width


def live_parameters(op: Operator, graph: Graph) -> int:
    """Weights and biases of one operator of an optimized graph."""
    weights = _live_weights(op, graph)
    return operator_parameters(op) if weights is None else weights + live_channels(graph.tensors[op.output])


def graph_live_macs(graph: Graph) -> int:
    """Multiply-accumulates of one image."""
    return sum(live_macs(op, graph) for op in graph.operators)


def graph_live_parameters(graph: Graph) -> int:
    """Weights and biases of all layers."""
    return sum(live_parameters(op, graph) for op in graph.operators)


def _live_weights(op: Operator, graph: Graph) -> int | None:
    outputs = live_channels(graph.tensors[op.output])
    if isinstance(op, Conv2D):
        return op.window.kernel[0] * op.window.kernel[1] * live_channels(graph.tensors[op.input]) * outputs
    if isinstance(op, DepthwiseConv2D):
        return op.window.kernel[0] * op.window.kernel[1] * outputs
    return None
