"""The proof that no sum of a layer leaves int32."""

from __future__ import annotations

from mcugen.ir import Graph, Operator
from mcugen.passes.intervals import Intervals
from mcugen.passes.prove_sums import largest_magnitude, largest_shifted, refuse_sums

# The generated code sums doubled accumulators in some forms, hence one bit less than int32.
_LIMIT_BITS = 30


def prove_no_overflow(graph: Graph, intervals: Intervals) -> None:
    """Raises UnsupportedModelError naming a layer whose sums could leave it."""
    for op in graph.operators:
        magnitude = max(intervals.magnitudes.get(op.name, 0), _shifted_left(op, intervals))
        if magnitude >= 1 << _LIMIT_BITS:
            raise refuse_sums(op, magnitude, _LIMIT_BITS)


def _shifted_left(op: Operator, intervals: Intervals) -> int:
    """The largest sum of a requantization that shifts its sums to the left, once it has."""
    requantization = op.requantizes
    if requantization is None:
        return 0
    return largest_shifted(largest_magnitude(intervals.accumulators[op.name]), requantization.shift)
