"""Channels that are constant whatever the image get a small bias and an ordinary multiplier that give the same constant.

Trained models have such channels with biases near 2**30 and multipliers near 2**-30 (a batch norm that died). Left as
they are they would needlessly fail the proof that no accumulator overflows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen.fixedpoint import requantize
from mcugen.ir import Conv2D, DepthwiseConv2D, Graph, Operator
from mcugen.passes.intervals import Interval, analyze_intervals

_MULTIPLIER = 1 << 30


def tame_constant_channels(graph: Graph) -> Graph:
    """Replaces bias, multiplier and shift of every channel whose output is constant; weights stay as they are."""
    intervals = analyze_intervals(graph)
    operators = tuple(_tamed(op, intervals.accumulators.get(op.name)) for op in graph.operators)
    return graph.with_operators(operators, graph.tensors)


def _tamed(op: Operator, reachable: Interval | None) -> Operator:
    if not isinstance(op, Conv2D | DepthwiseConv2D) or reachable is None:
        return op
    requantization = op.requantization.broadcast(len(op.bias))
    value = requantize(reachable.low, requantization)
    constant = value == requantize(reachable.high, requantization)
    bias = op.bias.astype(np.int64)
    # Sums stray from the bias by at most `spread`; a step of 2**right in the accumulator is then wide enough.
    spread = np.maximum(reachable.high - bias, bias - reachable.low)
    right = np.ceil(np.log2(spread + 1)).astype(np.int64) + 1
    tame_bias = (value - requantization.zero_point) << (right + 1)
    tame = replace(
        requantization,
        multiplier=np.where(constant, _MULTIPLIER, requantization.multiplier),
        shift=np.where(constant, -right, requantization.shift),
    )
    low, high = tame_bias + reachable.low - bias, tame_bias + reachable.high - bias
    proved = (requantize(low, tame) == value) & (requantize(high, tame) == value)
    chosen = constant & proved & (right <= 30) & (np.abs(tame_bias) < np.abs(bias))
    return replace(
        op,
        bias=np.where(chosen, tame_bias, bias).astype(np.int32),
        requantization=replace(
            requantization,
            multiplier=np.where(chosen, tame.multiplier, requantization.multiplier),
            shift=np.where(chosen, tame.shift, requantization.shift),
        ),
    )
