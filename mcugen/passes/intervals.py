"""Interval analysis: which stored values a channel can hold, and which sums an accumulator can reach.

The input holds any value of its type. Weights are known. Everything else follows, channel by channel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.ir import Graph, Interval

__all__ = ["Interval", "Intervals", "analyze_intervals"]


@dataclass(frozen=True, eq=False)
class Intervals:
    """tensors: the stored values by tensor name. accumulators: by name of the operators that requantize, of
    bias + sum w * (x - z) before requantization. partial_sums: by the same names, of what is summed on the way there,
    in whatever order, the bias last. magnitudes: by name of an operator, a bound on every sum that the generated code
    forms, such as every partial sum of the folded form (bias - z * sum w) + sum w * x, in whatever order."""

    tensors: dict[str, Interval]
    accumulators: dict[str, Interval]
    partial_sums: dict[str, Interval]
    magnitudes: dict[str, int]


def analyze_intervals(graph: Graph) -> Intervals:
    """The intervals of every tensor and accumulator of the graph."""
    first = graph.input_tensor
    full = np.ones(first.channels, np.int64)
    result = Intervals({graph.input: Interval(full * first.qmin, full * first.qmax)}, {}, {}, {})
    for op in graph.operators:
        inputs = [graph.tensors[name] for name in op.inputs]
        reach = op.reach([result.tensors[name] for name in op.inputs], inputs, graph.tensors[op.output])
        result.tensors[op.output] = reach.output
        result.magnitudes[op.name] = reach.magnitude
        if reach.accumulator is not None:
            result.accumulators[op.name] = reach.accumulator
        if reach.partial_sums is not None:
            result.partial_sums[op.name] = reach.partial_sums
    return result
