"""Costs of an optimized graph without the channels that only pad it to a multiple of what a kernel works in."""

from __future__ import annotations

from mcugen.ir import Graph, Operator, Tensor


def live_channels(tensor: Tensor) -> int:
    """Channels of the tensor that are channels of the model."""
    return tensor.channels if tensor.origin is None else int((tensor.origin.kept >= 0).sum())


def live_macs(op: Operator, graph: Graph) -> int:
    """Multiply-accumulates of one operator of an optimized graph."""
    return op.macs_between(*_live(op, graph), graph.tensors[op.output])


def live_parameters(op: Operator, graph: Graph) -> int:
    """Weights and biases of one operator of an optimized graph."""
    return op.parameters_between(*_live(op, graph))


def graph_live_macs(graph: Graph) -> int:
    """Multiply-accumulates of one image."""
    return sum(live_macs(op, graph) for op in graph.operators)


def graph_live_parameters(graph: Graph) -> int:
    """Weights and biases of all layers."""
    return sum(live_parameters(op, graph) for op in graph.operators)


def _live(op: Operator, graph: Graph) -> tuple[int, int]:
    return live_channels(graph.tensors[op.input]), live_channels(graph.tensors[op.output])
