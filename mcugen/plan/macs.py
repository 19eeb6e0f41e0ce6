"""Multiply-accumulates and parameters of operators.

A MAC is a multiply-accumulate of the network as trained, as its file has it: what papers and other tools count, so that
figures a MAC compare with theirs, and a layer that got cheaper does not get fewer. What is left of them to compute are
live MACs (`mcugen.plan.live`), and are called so wherever they are shown.
"""

from __future__ import annotations

from mcugen.ir import Graph
from mcugen.plan.stage import Stage


def trained_macs(stage: Stage, imported: Graph) -> int:
    """Multiply-accumulates of those layers of the network as trained that the stage computes."""
    names = {op.name for op in stage.operators}
    return sum(op.macs(imported.tensors[op.output]) for op in imported.operators if op.name in names)


def graph_macs(graph: Graph) -> int:
    """Multiply-accumulates of one image."""
    return sum(op.macs(graph.tensors[op.output]) for op in graph.operators)


def graph_parameters(graph: Graph) -> int:
    """Weights and biases of all layers."""
    return sum(op.parameters for op in graph.operators)
