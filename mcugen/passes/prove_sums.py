"""The proof that the model's own arithmetic never leaves int32, on the graph as it was read.

It comes before every pass: what a pass removes or folds may only rest on sums that are those of the model's runtime,
whose int32 wraps where ours does not. `plan.overflow` proves the same of the sums that the generated code makes.
"""

from __future__ import annotations

import numpy as np

from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph, Operator
from mcugen.passes.intervals import Interval, Intervals, analyze_intervals

_INT32 = 1 << 31
# After its left shift a sum is multiplied, and the zero point added: half of int32 leaves room for that.
_SHIFTED = 1 << 30
_HINT = "fewer input channels, smaller weights or bias, or a larger output scale in this layer"


def prove_sums(graph: Graph) -> Graph:
    """The graph itself. Raises UnsupportedModelError naming the first layer whose sums could leave int32."""
    intervals = analyze_intervals(graph)
    for op in graph.operators:
        _prove_partial_sums(op, intervals)
        _prove_shifted(op, intervals)
    return graph


def refuse_sums(op: Operator, magnitude: int, bits: int) -> UnsupportedModelError:
    """The error for an operator whose sums reach `magnitude`, past 2**bits."""
    name = f"{op.name} ({op.source or type(op).__name__})"
    return UnsupportedModelError(f"{name}: its sums can reach {magnitude:,}, past 2^{bits}", _HINT)


def largest_magnitude(interval: Interval) -> np.ndarray:
    """max(abs(low), abs(high)), int64 [C]."""
    return np.maximum(np.abs(interval.low), np.abs(interval.high))


def largest_shifted(magnitudes: np.ndarray, shifts: np.ndarray) -> int:
    """The largest of magnitudes << shift over the channels, in integers that do not wrap; shifts to the right count as
    none."""
    lefts = np.broadcast_to(np.maximum(shifts, 0), magnitudes.shape)
    return max(int(magnitude) << int(left) for magnitude, left in zip(magnitudes, lefts, strict=True))


def _prove_partial_sums(op: Operator, intervals: Intervals) -> None:
    sums = intervals.partial_sums.get(op.name)
    if sums is None:
        return
    largest = int(largest_magnitude(sums).max())
    if largest >= _INT32:
        raise refuse_sums(op, largest, 31)


def _prove_shifted(op: Operator, intervals: Intervals) -> None:
    requantization = op.requantizes
    if requantization is None:
        magnitude = intervals.magnitudes.get(op.name, 0)
    elif requantization.rounding is Rounding.SINGLE:
        # One product in 64 bits, whatever it shifts.
        return
    else:
        reachable = largest_magnitude(intervals.accumulators[op.name])
        # A shift to the right halves the product at least, and a multiplier of 0 makes nothing of any sum.
        counts = (requantization.shift >= 0) & (requantization.multiplier > 0)
        magnitude = largest_shifted(np.where(counts, reachable, 0), requantization.shift)
    if magnitude >= _SHIFTED:
        raise refuse_sums(op, magnitude, 30)
