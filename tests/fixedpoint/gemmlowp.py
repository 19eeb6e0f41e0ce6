"""gemmlowp's and TensorFlow Lite's integer functions, transcribed literally into Python integers.

Each keeps the C source's own structure (truncating divisions, masks, nudges) instead of the closed forms of
mcugen.fixedpoint, so that a test compares two independent readings. Sources: gemmlowp fixedpoint/fixedpoint.h,
tensorflow/lite/kernels/internal/common.h, reference/add.h, reference/integer_ops/pooling.h.
"""

from __future__ import annotations

import math

INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1


def truncated_division(a: int, b: int) -> int:
    """C's `/` on integers."""
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def saturating_rounding_doubling_high_mul(a: int, b: int) -> int:
    if a == b == INT32_MIN:
        return INT32_MAX
    product = a * b
    nudge = (1 << 30) if product >= 0 else 1 - (1 << 30)
    return truncated_division(product + nudge, 1 << 31)


def rounding_divide_by_pot(x: int, exponent: int) -> int:
    mask = (1 << exponent) - 1
    remainder = x & mask
    threshold = (mask >> 1) + (1 if x < 0 else 0)
    return (x >> exponent) + (1 if remainder > threshold else 0)


def multiply_by_quantized_multiplier(x: int, multiplier: int, shift: int) -> int:
    left_shift = shift if shift > 0 else 0
    right_shift = 0 if shift > 0 else -shift
    shifted = x * (1 << left_shift)
    assert INT32_MIN <= shifted <= INT32_MAX
    return rounding_divide_by_pot(saturating_rounding_doubling_high_mul(shifted, multiplier), right_shift)


def quantize_multiplier(real: float) -> tuple[int, int]:
    if real == 0.0:
        return 0, 0
    mantissa, shift = math.frexp(real)
    scaled = mantissa * (1 << 31)
    fixed = math.floor(scaled) + (1 if scaled - math.floor(scaled) >= 0.5 else 0)
    if fixed == 1 << 31:
        fixed //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    return fixed, shift


def add_element(
    a: int,
    b: int,
    zero_points: tuple[int, int, int],
    multipliers: tuple[int, int, int],
    shifts: tuple[int, int, int],
    left_shift: int,
    minimum: int,
    maximum: int,
) -> int:
    """reference_ops::AddElementwise's AddFunc, with offsets as TensorFlow Lite stores them."""
    shifted_a = (a - zero_points[0]) * (1 << left_shift)
    shifted_b = (b - zero_points[1]) * (1 << left_shift)
    scaled_a = multiply_by_quantized_multiplier(shifted_a, multipliers[0], shifts[0])
    scaled_b = multiply_by_quantized_multiplier(shifted_b, multipliers[1], shifts[1])
    raw = multiply_by_quantized_multiplier(scaled_a + scaled_b, multipliers[2], shifts[2]) + zero_points[2]
    return min(maximum, max(minimum, raw))


def average(total: int, count: int) -> int:
    """reference_integer_ops::AveragePool's rounding."""
    nudged = total + count // 2 if total > 0 else total - count // 2
    return truncated_division(nudged, count)
