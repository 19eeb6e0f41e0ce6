"""Interval analysis: which stored values a channel can hold, and which sums an accumulator can reach.

The input holds any value of its type. Weights are known. Everything else follows, channel by channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from mcugen.fixedpoint import Rounding, add, average, requantize
from mcugen.ir import (
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Graph,
    Lookup,
    MaxPool2D,
    Operator,
    Pad,
    Reshape,
    Softmax,
    Tensor,
    Window,
)


@dataclass(frozen=True, eq=False)
class Interval:
    """Closed interval of integers, one a channel: low and high are int64 [C]."""

    low: np.ndarray
    high: np.ndarray

    def union(self, value: int) -> Interval:
        """The smallest interval that also holds `value` in every channel."""
        return Interval(np.minimum(self.low, value), np.maximum(self.high, value))

    @property
    def constant(self) -> np.ndarray:
        """Bool [C]: the channel holds one value only."""
        return self.low == self.high


@dataclass(frozen=True, eq=False)
class Intervals:
    """tensors: the stored values by tensor name. accumulators: by name of the operators that requantize, of
    bias + sum w * (x - z) before requantization. partial_sums: by the same names, of what is summed on the way there,
    in whatever order, the bias last. magnitudes: by the same names, a bound on every partial sum of the folded form
    (bias - z * sum w) + sum w * x, in whatever order it is summed."""

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
        result.tensors[op.output] = _propagate(
            op, inputs, graph.tensors[op.output], [result.tensors[n] for n in op.inputs], result
        )
    return result


def _padded_taps(window: Window, tensor: Tensor) -> np.ndarray:
    """Bool [kernel height, kernel width]: the tap falls outside the input at some output position."""

    def outside(kernel: int, stride: int, before: int, after: int, size: int) -> np.ndarray:
        count = (size + before + after - kernel) // stride + 1
        first = np.arange(kernel) - before
        return (first < 0) | (first + (count - 1) * stride >= size)

    (kh, kw), (sh, sw), (top, bottom, left, right) = window.kernel, window.stride, window.padding
    rows = outside(kh, sh, top, bottom, tensor.height)
    columns = outside(kw, sw, left, right, tensor.width)
    return rows[:, None] | columns[None, :]


@dataclass(frozen=True, eq=False)
class _Sums:
    """Bounds of sum w * (x - z), one an output channel, and of every sum of some of its terms. All int64 [C]."""

    whole: Interval
    partial: Interval


def _sums(weights: np.ndarray, low: np.ndarray, high: np.ndarray, padded: np.ndarray | bool) -> _Sums:
    """Of weights [taps..., C_out] against low/high of (x - z)."""
    lowest = np.where(weights > 0, weights * low, weights * high)
    highest = np.where(weights > 0, weights * high, weights * low)
    lowest = np.where(padded, np.minimum(lowest, 0), lowest)
    highest = np.where(padded, np.maximum(highest, 0), highest)
    axes = tuple(range(weights.ndim - 1))
    return _Sums(
        Interval(lowest.sum(axis=axes), highest.sum(axis=axes)),
        Interval(np.minimum(lowest, 0).sum(axis=axes), np.maximum(highest, 0).sum(axis=axes)),
    )


@singledispatch
def _propagate(
    op: Operator, inputs: list[Tensor], output: Tensor, intervals: list[Interval], result: Intervals
) -> Interval:
    raise TypeError(f"{type(op).__name__} has no interval rule")


def _requantized(op: Conv2D | DepthwiseConv2D | FullyConnected, sums: _Sums, result: Intervals) -> Interval:
    """Notes the sums of an operator with weights and returns its output's interval."""
    bias = op.bias.astype(np.int64)
    low, high = sums.whole.low + bias, sums.whole.high + bias
    result.accumulators[op.name] = Interval(low, high)
    result.partial_sums[op.name] = Interval(np.minimum(sums.partial.low, low), np.maximum(sums.partial.high, high))
    requantization = op.requantization.broadcast(len(low))
    return Interval(requantize(low, requantization), requantize(high, requantization))


@_propagate.register
def _(op: Conv2D, inputs: list[Tensor], output: Tensor, intervals: list[Interval], result: Intervals) -> Interval:
    zero_point = inputs[0].zero_point
    weights = op.weights.astype(np.int64).transpose(1, 2, 3, 0)
    low, high = (bound[:, None] - zero_point for bound in (intervals[0].low, intervals[0].high))
    sums = _sums(weights, low, high, _padded_taps(op.window, inputs[0])[..., None, None])
    result.magnitudes[op.name] = _magnitude(weights, op.bias, zero_point, intervals[0])
    return _requantized(op, sums, result)


@_propagate.register
def _(
    op: DepthwiseConv2D, inputs: list[Tensor], output: Tensor, intervals: list[Interval], result: Intervals
) -> Interval:
    zero_point = inputs[0].zero_point
    weights = op.weights.astype(np.int64)
    low, high = (np.repeat(bound, op.depth_multiplier) - zero_point for bound in (intervals[0].low, intervals[0].high))
    sums = _sums(weights, low, high, _padded_taps(op.window, inputs[0])[..., None])
    result.magnitudes[op.name] = _magnitude(weights, op.bias, zero_point, intervals[0])
    return _requantized(op, sums, result)


@_propagate.register
def _(
    op: FullyConnected, inputs: list[Tensor], output: Tensor, intervals: list[Interval], result: Intervals
) -> Interval:
    zero_point, pixels = inputs[0].zero_point, inputs[0].height * inputs[0].width
    weights = op.weights.astype(np.int64).transpose()
    low, high = (np.tile(bound - zero_point, pixels)[:, None] for bound in (intervals[0].low, intervals[0].high))
    result.magnitudes[op.name] = _magnitude(weights, op.bias, zero_point, intervals[0])
    return _requantized(op, _sums(weights, low, high, False), result)


def _magnitude(weights: np.ndarray, bias: np.ndarray, zero_point: int, stored: Interval) -> int:
    axes = tuple(range(weights.ndim - 1))
    bias = bias.astype(np.int64)
    largest = max(abs(int(stored.low.min())), abs(int(stored.high.max())), abs(zero_point))
    folded = np.abs(bias - zero_point * weights.sum(axis=axes))
    return int((np.maximum(folded, np.abs(bias)) + largest * np.abs(weights).sum(axis=axes)).max())


@_propagate.register
def _(
    op: AveragePool2D, inputs: list[Tensor], output: Tensor, intervals: list[Interval], result: Intervals
) -> Interval:
    low, high = intervals[0].low, intervals[0].high
    if op.requantization is None:
        bounds = (average(x - op.input_origin, 1) + op.output_origin for x in (low, high))
        low, high = (np.clip(x, op.minimum, op.maximum) for x in bounds)
        return Interval(low, high)
    count = op.window.kernel[0] * op.window.kernel[1]
    low, high = ((x - inputs[0].zero_point) * count for x in (low, high))
    requantization = op.requantization.broadcast(len(low))
    result.accumulators[op.name] = Interval(low, high)
    result.partial_sums[op.name] = Interval(np.minimum(low, 0), np.maximum(high, 0))
    result.magnitudes[op.name] = 2 * 255 * count
    return Interval(requantize(low, requantization), requantize(high, requantization))


@_propagate.register
def _(op: MaxPool2D, inputs: list[Tensor], output: Tensor, intervals: list[Interval], result: Intervals) -> Interval:
    low, high = (np.clip(x, op.minimum, op.maximum) for x in (intervals[0].low, intervals[0].high))
    return Interval(low, high)


@_propagate.register
def _(op: Add, inputs: list[Tensor], output: Tensor, intervals: list[Interval], result: Intervals) -> Interval:
    if op.arithmetic.rounding is Rounding.DOUBLE:
        # Both operands are scaled by a half at most, after 20 bits to the left.
        result.magnitudes[op.name] = (255 << op.arithmetic.left_shift) << max(op.arithmetic.shifts[2], 0)
    low = add(intervals[0].low, intervals[1].low, op.arithmetic)
    return Interval(low, add(intervals[0].high, intervals[1].high, op.arithmetic))


@_propagate.register
def _(op: Pad, inputs: list[Tensor], output: Tensor, intervals: list[Interval], result: Intervals) -> Interval:
    return intervals[0].union(inputs[0].zero_point)


@_propagate.register
def _(op: Reshape, inputs: list[Tensor], output: Tensor, intervals: list[Interval], result: Intervals) -> Interval:
    # Any value may land in any channel of the new shape.
    ones = np.ones(output.channels, np.int64)
    return Interval(ones * intervals[0].low.min(), ones * intervals[0].high.max())


@_propagate.register
def _(op: Lookup, inputs: list[Tensor], output: Tensor, intervals: list[Interval], result: Intervals) -> Interval:
    ranges = [
        op.table[low - inputs[0].qmin : high - inputs[0].qmin + 1]
        for low, high in zip(intervals[0].low, intervals[0].high, strict=True)
    ]
    return Interval(np.array([r.min() for r in ranges], np.int64), np.array([r.max() for r in ranges], np.int64))


@_propagate.register
def _(op: Softmax, inputs: list[Tensor], output: Tensor, intervals: list[Interval], result: Intervals) -> Interval:
    ones = np.ones(inputs[0].channels, np.int64)
    return Interval(ones * (-128 + op.output_offset), ones * (127 + op.output_offset))
