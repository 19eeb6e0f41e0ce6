"""A clamp that stands alone behind a layer of the same scale becomes that layer's own clamp."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen import ir


def fuse_clamps(graph: ir.Graph) -> ir.Graph:
    """Removes every ir.Lookup that only clamps, where its input has one reader and a producer that can clamp."""
    operators = list(graph.operators)
    for lookup in graph.operators:
        bounds = _clamp(graph, lookup)
        if bounds is None or lookup.input == graph.output or len(graph.consumers(lookup.input)) > 1:
            continue
        position = next((i for i, op in enumerate(operators) if op.output == lookup.input), None)
        if position is None:
            continue
        clamped = operators[position].clamped(*bounds)
        if clamped is not None:
            low, high = clamped.activation
            bounds_of_both = (max(low, lookup.activation[0]), min(high, lookup.activation[1]))
            operators[position] = replace(clamped, output=lookup.output, activation=bounds_of_both)
            operators.remove(lookup)
    return graph.with_operators(tuple(operators), graph.tensors)


def _clamp(graph: ir.Graph, operator: ir.Operator) -> tuple[int, int] | None:
    """(minimum, maximum) if the operator is a Lookup that changes neither scale nor values between the two."""
    if not isinstance(operator, ir.Lookup):
        return None
    source, output = graph.tensors[operator.input], graph.tensors[operator.output]
    if (source.scale, source.zero_point, source.dtype) != (output.scale, output.zero_point, output.dtype):
        return None
    low, high = int(operator.table.min()), int(operator.table.max())
    identity = np.arange(source.qmin, source.qmax + 1)
    return (low, high) if np.array_equal(operator.table, np.clip(identity, low, high)) else None
