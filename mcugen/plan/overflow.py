"""The proof that no sum of a layer leaves int32."""

from __future__ import annotations

import numpy as np

from mcugen.diagnostics import UnsupportedModelError
from mcugen.ir import Graph, Operator
from mcugen.passes.intervals import Intervals

# The generated code sums doubled accumulators in some forms, hence one bit less than int32.
_ACCUMULATOR_LIMIT = 1 << 30


def prove_no_overflow(graph: Graph, intervals: Intervals) -> None:
    """Raises UnsupportedModelError naming a layer whose sums could leave it."""
    for op in graph.operators:
        magnitude = max(intervals.magnitudes.get(op.name, 0), _shifted_left(op, intervals))
        if magnitude >= _ACCUMULATOR_LIMIT:
            raise UnsupportedModelError(
                f"{op.name} ({op.source or type(op).__name__}): its sums can reach {magnitude:,}, past 2^30",
                "fewer input channels or smaller weights or bias in this layer",
            )


def _shifted_left(op: Operator, intervals: Intervals) -> int:
    """The largest sum of a requantization that shifts its sums to the left, once it has."""
    requantization = getattr(op, "requantization", None)
    if requantization is None:
        return 0
    reachable = intervals.accumulators[op.name]
    largest = np.maximum(np.abs(reachable.low), np.abs(reachable.high))
    return int((largest << np.maximum(requantization.shift, 0)).max())
