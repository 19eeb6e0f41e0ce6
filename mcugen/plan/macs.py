"""Multiply-accumulates and parameters of operators."""

from __future__ import annotations

from mcugen.ir import Graph
from mcugen.plan.stage import Stage


def stage_macs(stage: Stage) -> int:
    """Multiply-accumulates of a stage; both convolutions of a separable one have the same output size."""
    return sum(op.macs(stage.output) for op in stage.operators)


def graph_macs(graph: Graph) -> int:
    """Multiply-accumulates of one image."""
    return sum(op.macs(graph.tensors[op.output]) for op in graph.operators)


def graph_parameters(graph: Graph) -> int:
    """Weights and biases of all layers."""
    return sum(op.parameters for op in graph.operators)
