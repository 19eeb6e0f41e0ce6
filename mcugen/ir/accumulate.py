"""Exact accumulators: sums of products of integers, in floating point wherever a bound proves it exact.

Every partial sum of an accumulator is an integer no larger than the bound, so float32 (integers below 2**24) and
float64 (below 2**53) give the same sum as integers do, in whatever order BLAS adds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mcugen.ir.tensor import Tensor
from mcugen.ir.window import Window

_FLOAT32_INTEGERS = float(1 << 24)


def accumulator_bound(weights: np.ndarray, bias: np.ndarray, source: Tensor) -> np.ndarray:
    """The largest magnitude that any partial sum of an output channel can have, float64 [C], exact.

    A partial sum holds some of the products, so it lies between the sum of the lowest negative and the sum of the
    highest positive ones. weights: integers [C, K]. bias: int32 [C]. source: the tensor whose values are multiplied.
    """
    total = weights.sum(axis=1, dtype=np.int64)
    magnitude = np.abs(weights.astype(np.int16)).sum(axis=1, dtype=np.int64)
    positive, negative = (magnitude + total) // 2, (magnitude - total) // 2
    above, below = source.qmax - source.zero_point, source.zero_point - source.qmin
    products = np.maximum(positive * above + negative * below, positive * below + negative * above)
    return (products + np.abs(bias.astype(np.int64))).astype(np.float64)


def _exact_dtype(bound: np.ndarray) -> type[np.floating]:
    return np.float32 if bound.max() < _FLOAT32_INTEGERS else np.float64


def pad(x: np.ndarray, padding: tuple[int, int, int, int], value: int) -> np.ndarray:
    """x [N, H, W, C] surrounded by (top, bottom, left, right) cells of `value`; x itself where there are none."""
    top, bottom, left, right = padding
    if not any(padding):
        return x
    images, height, width, channels = x.shape
    shape = (images, height + top + bottom, width + left + right, channels)
    padded = np.full(shape, value, x.dtype)
    padded[:, top : top + height, left : left + width] = x
    return padded


def _centered(
    x: np.ndarray, padding: tuple[int, int, int, int], zero_point: int, dtype: type[np.floating]
) -> np.ndarray:
    """x - zero_point [N, H, W, C] in `dtype`, surrounded by zeros."""
    centered = x.astype(dtype)
    if zero_point:
        centered -= zero_point
    return pad(centered, padding, 0)


def _columns(x: np.ndarray, window: Window) -> np.ndarray:
    """The windows of a padded x [N, H, W, C] as rows: [N, out height, out width, kernel height * kernel width * C]."""
    if window.kernel == (1, 1):
        return x[:, :: window.stride[0], :: window.stride[1]]
    views = sliding_window_view(x, window.kernel, axis=(1, 2))[:, :: window.stride[0], :: window.stride[1]]
    return views.transpose(0, 1, 2, 4, 5, 3).reshape(*views.shape[:3], -1)


def accumulate_matrix(
    rows: np.ndarray, weights: np.ndarray, bias: np.ndarray, zero_point: int, bound: np.ndarray
) -> np.ndarray:
    """bias + (rows - zero_point) @ weights.T, exact, as float [N, C]. rows: int [N, K]. weights: integers [C, K]."""
    dtype = _exact_dtype(bound)
    accumulator: np.ndarray = (rows.astype(dtype) - dtype(zero_point)) @ weights.T.astype(dtype)
    accumulator += bias.astype(dtype)
    return accumulator


def accumulate_convolution(
    x: np.ndarray, matrix: np.ndarray, bias: np.ndarray, window: Window, zero_point: int, bound: np.ndarray
) -> np.ndarray:
    """A convolution's accumulators, exact, as float [N, out height, out width, C].

    x: int [N, H, W, in channels]. matrix: integers [C, kernel height * kernel width * in channels].
    """
    dtype = _exact_dtype(bound)
    columns = _columns(_centered(x, window.padding, zero_point, dtype), window)
    accumulator: np.ndarray = columns.reshape(-1, columns.shape[3]) @ matrix.T.astype(dtype)
    accumulator += bias.astype(dtype)
    return accumulator.reshape(*columns.shape[:3], -1)


def accumulate_depthwise(
    x: np.ndarray,
    weights: np.ndarray,
    bias: np.ndarray,
    window: Window,
    depth_multiplier: int,
    zero_point: int,
    bound: np.ndarray,
) -> np.ndarray:
    """A depthwise convolution's accumulators, exact, as float [N, out height, out width, C].

    x: int [N, H, W, C / depth_multiplier]. weights: integers [kernel height, kernel width, C].
    """
    dtype = _exact_dtype(bound)
    padded = _centered(x, window.padding, zero_point, dtype)
    if depth_multiplier > 1:
        padded = np.repeat(padded, depth_multiplier, axis=3)
    height, width = Window(kernel=window.kernel, stride=window.stride).output_size(*padded.shape[1:3])
    down, across = window.stride
    factors = weights.astype(dtype)
    accumulator = np.empty((len(x), height, width, padded.shape[3]), dtype)
    accumulator[:] = bias
    product = np.empty_like(accumulator)
    for row in range(window.kernel[0]):
        rows = slice(row, row + (height - 1) * down + 1, down)
        for column in range(window.kernel[1]):
            tap = padded[:, rows, column : column + (width - 1) * across + 1 : across]
            np.multiply(tap, factors[row, column], out=product)
            accumulator += product
    return accumulator


def reduce_windows(
    combine: Callable[[np.ndarray, np.ndarray], np.ndarray], x: np.ndarray, window: Window
) -> np.ndarray:
    """Combines the cells of every window of x [N, H, W, C], which has no padding: first down, then across."""
    for axis in (0, 1):
        kernel, stride = window.kernel[axis], window.stride[axis]
        windows = (x.shape[axis + 1] - kernel) // stride + 1
        slices = [slice(None)] * 4
        taps = []
        for offset in range(kernel):
            slices[axis + 1] = slice(offset, offset + (windows - 1) * stride + 1, stride)
            taps.append(x[tuple(slices)])
        result = taps[0]
        for tap in taps[1:]:
            result = combine(result, tap)
        x = result
    return x
