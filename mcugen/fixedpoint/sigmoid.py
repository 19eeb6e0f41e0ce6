"""The integer logistic function and hyperbolic tangent of TensorFlow Lite, by gemmlowp's fixed point.

From tensorflow/lite/kernels/internal/reference/integer_ops/logistic.h and tanh.h, with the preparation of
tensorflow/lite/micro/kernels/logistic_common.cc and tanh.cc.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from mcugen.fixedpoint.gemmlowp import (
    INT32_MAX,
    divide_by_power,
    exp_of_negative,
    one_minus_over_one_plus,
    one_over_one_plus,
)
from mcugen.fixedpoint.requantize import scale_double

_INTEGER_BITS = 4
_FRACTION_BITS = 31 - _INTEGER_BITS


def logistic(centered: np.ndarray, scale: float) -> np.ndarray:
    """1 / (1 + exp(-x)) in 256ths, int64 0 to 255, for x = scale * centered (int, -255 to 255).

    Raises ValueError where the scale is too small for the runtime's fixed point.
    """
    return _between_ends(centered, scale, (0, 255), lambda x: min(divide_by_power(_logistic(x), 31 - 8), 255))


def tanh(centered: np.ndarray, scale: float) -> np.ndarray:
    """tanh(x) in 128ths, int64 -128 to 127, for x = scale * centered (int, -255 to 255).

    Raises ValueError where the scale is too small for the runtime's fixed point.
    """
    return _between_ends(centered, scale, (-128, 127), lambda x: min(divide_by_power(_tanh(x), 31 - 7), 127))


def _between_ends(
    centered: np.ndarray, scale: float, ends: tuple[int, int], function: Callable[[int], int]
) -> np.ndarray:
    """The function of x as Q4.27, and the ends of its range where x leaves that."""
    mantissa, left_shift = math.frexp(scale * (1 << _FRACTION_BITS))
    if left_shift < 0:
        raise ValueError(f"an input scale of {scale!r} is too small")
    multiplier = math.floor(mantissa * (1 << 31) + 0.5)
    radius = (((1 << _INTEGER_BITS) - 1) << _FRACTION_BITS) >> left_shift

    def one(value: int) -> int:
        if value <= -radius:
            return ends[0]
        if value >= radius:
            return ends[1]
        return function(int(scale_double(np.asarray(value), np.asarray(multiplier), np.asarray(left_shift))))

    return np.array([one(int(value)) for value in centered.ravel()], np.int64).reshape(centered.shape)


def _logistic(x: int) -> int:
    """Q0.31 of Q4.27."""
    if x == 0:
        return 1 << 30
    of_magnitude = one_over_one_plus(exp_of_negative(-abs(x), _INTEGER_BITS))
    return of_magnitude if x > 0 else INT32_MAX - of_magnitude


def _tanh(x: int) -> int:
    """Q0.31 of Q4.27."""
    # The same bits with one integer bit more are twice the number.
    of_magnitude = one_minus_over_one_plus(exp_of_negative(-abs(x), _INTEGER_BITS + 1)) if x else 0
    return of_magnitude if x > 0 else -of_magnitude
