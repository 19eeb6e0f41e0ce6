"""A second reading of the operators' docstrings: int64, one output pixel at a time.

Nothing is shared with the reference but mcugen.fixedpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch

import numpy as np

from mcugen.fixedpoint import average, requantize, softmax_normalize
from mcugen.ir import (
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Lookup,
    MaxPool2D,
    Operator,
    Pad,
    Reshape,
    Softmax,
    Tensor,
    Window,
)


def cells(x: np.ndarray, window: Window, row: int, column: int, outside: int | None) -> np.ndarray:
    """The window's cells [N, cells, C] of x [N, H, W, C] for one output pixel; those outside hold `outside` or lack."""
    height, width = x.shape[1:3]
    found = []
    for i in range(window.kernel[0]):
        for j in range(window.kernel[1]):
            y = row * window.stride[0] + i - window.padding[0]
            z = column * window.stride[1] + j - window.padding[2]
            if 0 <= y < height and 0 <= z < width:
                found.append(x[:, y, z])
            elif outside is not None:
                found.append(np.full_like(x[:, 0, 0], outside))
    return np.stack(found, axis=1)


def over_windows(
    x: np.ndarray, window: Window, outside: int | None, function: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    height, width = window.output_size(*x.shape[1:3])
    rows = [
        np.stack([function(cells(x, window, row, column, outside)) for column in range(width)], axis=1)
        for row in range(height)
    ]
    return np.stack(rows, axis=1)


@singledispatch
def naive(op: Operator, x: np.ndarray, source: Tensor, output: Tensor) -> np.ndarray:
    raise NotImplementedError(type(op))


@naive.register
def _(op: Conv2D, x: np.ndarray, source: Tensor, output: Tensor) -> np.ndarray:
    weights = op.weights.reshape(output.channels, -1, source.channels).astype(np.int64)
    total = over_windows(x - source.zero_point, op.window, 0, lambda c: np.einsum("nkc,okc->no", c, weights))
    return requantize(total + op.bias, op.requantization)


@naive.register
def _(op: DepthwiseConv2D, x: np.ndarray, source: Tensor, output: Tensor) -> np.ndarray:
    weights = op.weights.reshape(-1, output.channels).astype(np.int64)
    which = np.arange(output.channels) // op.depth_multiplier
    total = over_windows(x - source.zero_point, op.window, 0, lambda c: (c[:, :, which] * weights).sum(axis=1))
    return requantize(total + op.bias, op.requantization)


@naive.register
def _(op: FullyConnected, x: np.ndarray, source: Tensor, output: Tensor) -> np.ndarray:
    total = (x - source.zero_point).reshape(len(x), -1) @ op.weights.astype(np.int64).T + op.bias
    return requantize(total, op.requantization).reshape(len(x), *output.shape)


@naive.register
def _(op: AveragePool2D, x: np.ndarray, source: Tensor, output: Tensor) -> np.ndarray:
    if op.requantization is not None:
        total = over_windows(x - source.zero_point, op.window, None, lambda c: c.sum(axis=1))
        return requantize(total, op.requantization)
    mean = over_windows(
        x - op.input_origin, op.window, None, lambda c: average(c.sum(axis=1, dtype=np.int64), c.shape[1])
    )
    return np.clip(mean + op.output_origin, op.minimum, op.maximum)


@naive.register
def _(op: MaxPool2D, x: np.ndarray, source: Tensor, output: Tensor) -> np.ndarray:
    return np.clip(over_windows(x, op.window, None, lambda c: c.max(axis=1)), op.minimum, op.maximum)


@naive.register
def _(op: Pad, x: np.ndarray, source: Tensor, output: Tensor) -> np.ndarray:
    top, bottom, left, right = op.padding
    return np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=source.zero_point)


@naive.register
def _(op: Reshape, x: np.ndarray, source: Tensor, output: Tensor) -> np.ndarray:
    return x.reshape(len(x), *output.shape)


@naive.register
def _(op: Lookup, x: np.ndarray, source: Tensor, output: Tensor) -> np.ndarray:
    return op.table[x - source.qmin]


@naive.register
def _(op: Softmax, x: np.ndarray, source: Tensor, output: Tensor) -> np.ndarray:
    exponentials = op.exponentials[x.max(axis=3, keepdims=True) - x]
    rows = softmax_normalize(exponentials.reshape(len(x), -1), op.normalization)
    return rows.reshape(x.shape) + op.output_offset
