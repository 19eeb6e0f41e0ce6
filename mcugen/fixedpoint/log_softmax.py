"""Integer logarithms of softmax: TensorFlow Lite's reference_integer_ops::LogSoftmax, with the tables it allows.

The distance d = max(x) - x of two int8 values is 0 to 255, so what depends on it alone is a table of 256.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mcugen.fixedpoint.gemmlowp import divide_by_power, exp_of_negative, high_multiply, one_over_one_plus, saturate
from mcugen.fixedpoint.multiplier import quantize_multiplier

_INTEGER_BITS = 5
_SUM_INTEGER_BITS = 12
_FRACTION = 31 - _INTEGER_BITS
_OUTPUT_SHIFT = 22
"""From 26 fractional bits to the 4 of the output."""
_ZERO_POINT = 127
_ACCUMULATOR_FRACTION = 25
_QUARTER = 1 << (_ACCUMULATOR_FRACTION - 2)
_LOG_2, _SQRT_HALF, _FOURTH_ROOT_HALF = 1488522236, 1518500250, 1805811301
_ALPHA_N, _ALPHA_D, _ALPHA_I, _ALPHA_F = 117049297, 127690142, 1057819769, 638450708
"""11/240, 1/20, 2/r**2 - 1, 1/4, each times the fourth root r of 2."""


@dataclass(frozen=True, eq=False)
class LogSoftmaxTables:
    """What depends on an input scale alone.

    exponentials: int32 [256], exp(-d * scale) with 19 fractional bits, 0 beyond `radius`. logarithms: int32 [256],
    -d * scale with 26 fractional bits. multiplier, shift: what makes a distance of a logarithm again.
    """

    exponentials: np.ndarray
    logarithms: np.ndarray
    radius: int
    multiplier: int
    shift: int


def log_softmax_tables(scale: float) -> LogSoftmaxTables:
    """PreprocessLogSoftmaxScalingExp. Raises ValueError for scales that its fixed point cannot hold."""
    real = min(scale * (1 << _FRACTION), float((1 << 31) - 1))
    if real <= 1:
        raise ValueError(f"a softmax input scale of {scale!r} is too small")
    multiplier, left = quantize_multiplier(real)
    reverse, shift = quantize_multiplier((1 << (31 - left)) / multiplier)
    radius = math.floor(31.0 * (1 << _FRACTION) / (1 << left))
    inside = [high_multiply(-d << left, multiplier) for d in range(min(radius, 255) + 1)]
    rest = [0] * (256 - len(inside))
    exponentials = [divide_by_power(exp_of_negative(x, _INTEGER_BITS), _SUM_INTEGER_BITS) for x in inside]
    return LogSoftmaxTables(
        np.array([*exponentials, *rest], np.int32), np.array([*inside, *rest], np.int32), radius, reverse, shift
    )


def logarithm(total: int) -> int:
    """ln(total) with 26 fractional bits of a sum from 1 with 19: log_x_for_x_greater_than_or_equal_to_1_impl.

    The sum is scaled to r between the roots of 1/2 and 1, times a power of two or one less a half; a quotient of
    polynomials around the fourth root of 1/2 is near ln r.
    """
    zeros = 32 - total.bit_length()
    first = saturate(high_multiply(total << (zeros - 1), _SQRT_HALF) << 1)
    first_power = ((_SUM_INTEGER_BITS - zeros) << _ACCUMULATOR_FRACTION) + _QUARTER
    headroom = 31 - high_multiply(total, _SQRT_HALF).bit_length()
    second = saturate(total << headroom)
    second_power = ((_SUM_INTEGER_BITS - headroom) << _ACCUMULATOR_FRACTION) - _QUARTER
    r, power = min(first, second), max(first_power, second_power)
    p, q = (r + _FOURTH_ROOT_HALF + 1) // 2, 2 * (r - _FOURTH_ROOT_HALF)
    square = high_multiply(q, q)
    numerator = high_multiply(q, r) + high_multiply(high_multiply(q, square), _ALPHA_N)
    factor = _ALPHA_I + q + high_multiply(_ALPHA_D, square)
    denominator = high_multiply(p, factor) + high_multiply(_ALPHA_F, q)
    quotient = high_multiply(divide_by_power(numerator, 6), one_over_one_plus(denominator))
    return saturate((high_multiply(power, _LOG_2) + quotient) << 1)


def log_softmax(distances: np.ndarray, tables: LogSoftmaxTables) -> np.ndarray:
    """int64 [N, C] of scale 1/16 and zero point 127, for distances [N, C] from the largest value of a row."""
    result = np.empty(distances.shape, np.int64)
    for number, row in enumerate(distances):
        log_sum = logarithm(int(tables.exponentials[row].astype(np.int64).sum()))
        farthest = min(tables.radius + 1, -_scaled(log_sum - (1 << 31), tables.multiplier, tables.shift))
        values = [divide_by_power(int(tables.logarithms[d]) - log_sum, _OUTPUT_SHIFT) for d in row]
        result[number] = np.where(row < farthest, np.array(values) + _ZERO_POINT, -128)
    return np.clip(result, -128, 127)


def _scaled(value: int, multiplier: int, shift: int) -> int:
    """MultiplyByQuantizedMultiplier of a shift to the right."""
    return divide_by_power(high_multiply(value, multiplier), -shift)
