"""Channels that are constant whatever the image lose their weights and get an ordinary bias and multiplier instead.

Trained models have such channels with biases near 2**30 and multipliers near 2**-30 (a batch norm that died). Left as
they are they would needlessly fail the proof that no accumulator overflows, and spoil a layer's common shift.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen.fixedpoint import requantize
from mcugen.ir import Graph, Operator, Weighted
from mcugen.passes.intervals import Interval, analyze_intervals

_HALF = 1 << 30


def tame_constant_channels(graph: Graph) -> Graph:
    """Makes every constant channel 4 * (value - zero point) without weights, times 1/4: exact in every rounding."""
    intervals = analyze_intervals(graph)
    operators = tuple(_tamed(op, intervals.accumulators.get(op.name)) for op in graph.operators)
    return graph.with_operators(operators, graph.tensors)


def _tamed(op: Operator, reachable: Interval | None) -> Operator:
    if not isinstance(op, Weighted) or reachable is None:
        return op
    requantization = op.requantization.broadcast(len(op.bias))
    value = requantize(reachable.low, requantization)
    constant = value == requantize(reachable.high, requantization)
    return replace(
        op,
        weights=op.without_weights(constant),
        bias=np.where(constant, 4 * (value - requantization.zero_point), op.bias).astype(np.int32),
        requantization=replace(
            requantization,
            multiplier=np.where(constant, _HALF, requantization.multiplier),
            shift=np.where(constant, -1, requantization.shift),
        ),
    )
