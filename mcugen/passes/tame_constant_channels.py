"""Channels that are constant whatever the image lose their weights and get an ordinary bias and multiplier instead.

Trained models have such channels with biases near 2**30 and multipliers near 2**-30 (a batch norm that died). Left as
they are they would needlessly fail the proof that no accumulator overflows, and spoil a layer's common shift.
"""

from __future__ import annotations

from mcugen.ir import Graph
from mcugen.passes.intervals import analyze_intervals


def tame_constant_channels(graph: Graph) -> Graph:
    """Gives every operator the form that it has for channels whose sums are constant."""
    reachable = analyze_intervals(graph).accumulators
    operators = tuple(
        op.without_constant_sums(reachable[op.name]) if op.name in reachable else op for op in graph.operators
    )
    return graph.with_operators(operators, graph.tensors)
