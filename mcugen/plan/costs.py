"""Multiply-accumulates and parameters of operators."""

from __future__ import annotations

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D, FullyConnected, Graph, Operator, Tensor
from mcugen.plan.stage import Stage


def operator_macs(op: Operator, output: Tensor) -> int:
    """Multiply-accumulates: weights times output pixels, taps on the padding included as the papers count them."""
    if isinstance(op, Conv2D | DepthwiseConv2D):
        return int(op.weights.size) * output.height * output.width
    if isinstance(op, FullyConnected):
        return int(op.weights.size)
    return 0


def operator_parameters(op: Operator) -> int:
    """Weights and biases."""
    arrays: tuple[np.ndarray, ...] = ()
    if isinstance(op, Conv2D | DepthwiseConv2D | FullyConnected):
        arrays = (op.weights, op.bias)
    return sum(int(a.size) for a in arrays)


def stage_macs(stage: Stage) -> int:
    """Multiply-accumulates of a stage; both convolutions of a separable one have the same output size."""
    return sum(operator_macs(op, stage.output) for op in stage.operators)


def graph_macs(graph: Graph) -> int:
    """Multiply-accumulates of one image."""
    return sum(operator_macs(op, graph.tensors[op.output]) for op in graph.operators)


def graph_parameters(graph: Graph) -> int:
    """Weights and biases of all layers."""
    return sum(operator_parameters(op) for op in graph.operators)
