"""Integer softmax: exponentials of the distance to the maximum, from a table of 256, and their normalization.

The distance d = max(x) - x of two 8-bit values is 0..255, so the exponentials are a table whatever computes them.
"""

from __future__ import annotations

import math
from enum import Enum

import numpy as np

_INT32_MAX = (1 << 31) - 1
_SUM_INTEGER_BITS = 12
_SINGLE_FRACTION_BITS = 20


class SoftmaxNormalization(Enum):
    """RECIPROCAL: TensorFlow Lite's Newton reciprocal of the sum. DIVIDE: one rounded integer division."""

    RECIPROCAL = "reciprocal"
    DIVIDE = "divide"


def _high_multiply(a: int, b: int) -> int:
    return (a * b + (1 << 30)) >> 31


def _divide_by_power(value: int, exponent: int) -> int:
    mask = (1 << exponent) - 1
    return (value >> exponent) + ((value & mask) > (mask >> 1) + (value < 0))


def _saturate(value: int) -> int:
    return max(-(1 << 31), min(_INT32_MAX, value))


def _exp_near_zero(a: int) -> int:
    """exp(a) for a in [-1/4, 0), both Q0.31: a fourth-order polynomial around -1/8."""
    constant_term, one_third = 1895147668, 715827883
    x = a + (1 << 28)
    x2 = _high_multiply(x, x)
    x3 = _high_multiply(x2, x)
    x4 = _high_multiply(x2, x2)
    tail = _divide_by_power(_high_multiply(_divide_by_power(x4, 2) + x3, one_third) + x2, 1)
    return _saturate(constant_term + _high_multiply(constant_term, x + tail))


_EXP_FACTORS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def _exp_of_negative(a: int) -> int:
    """exp(a) as Q0.31 of a <= 0 as Q5.26: gemmlowp's exp_on_negative_values."""
    if a == 0:
        return _INT32_MAX
    quarter = 1 << 24
    modulo = (a & (quarter - 1)) - quarter
    result = _exp_near_zero(_saturate(modulo << 5))
    remainder = modulo - a
    for index, factor in enumerate(_EXP_FACTORS):
        if remainder & (1 << (24 + index)):
            result = _high_multiply(result, factor)
    return result


def softmax_exponentials_tflite(scale: float, beta: float) -> np.ndarray:
    """TensorFlow Lite's exponentials, int32 [256], Q0.31: PreprocessSoftmaxScaling and exp_on_negative_values.

    Distances past the radius in which its fixed point is valid have exponential 0.
    """
    real = min(beta * scale * (1 << 26), float(_INT32_MAX))
    mantissa, left_shift = math.frexp(real)
    multiplier = math.floor(mantissa * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier //= 2
        left_shift += 1
    if real <= 1:
        raise ValueError(f"a softmax input scale of {scale!r} is too small")
    radius = math.floor(31.0 * (1 << 26) / (1 << left_shift))
    table = [_exp_of_negative(_high_multiply(-d << left_shift, multiplier)) if d <= radius else 0 for d in range(256)]
    return np.array(table, np.int32)


def softmax_exponentials_single(scale: float, beta: float) -> np.ndarray:
    """exp(-d * scale * beta) rounded to 20 fractional bits, int32 [256]: a sum of 2,047 of them fits int32."""
    d = np.arange(256, dtype=np.float64)
    return np.floor(np.exp(-d * scale * beta) * (1 << _SINGLE_FRACTION_BITS) + 0.5).astype(np.int32)


def _reciprocal(total: int) -> tuple[int, int]:
    """gemmlowp's GetReciprocal of a Q12.19 sum: (Q0.31 reciprocal of the normalized sum, bits over one)."""
    headroom = 32 - total.bit_length()
    normalized = (total << headroom) - (1 << 31)
    half_denominator = (normalized + _INT32_MAX + 1) // 2
    x = 1515870810 + _high_multiply(half_denominator, -1010580540)
    for _ in range(3):
        error = (1 << 29) - _high_multiply(half_denominator, x)
        x = x + _saturate(_high_multiply(x, error) << 2)
    return _saturate(x << 1), _SUM_INTEGER_BITS - headroom


def _normalize_reciprocal(row: list[int]) -> list[int]:
    total = sum(_divide_by_power(e, _SUM_INTEGER_BITS) for e in row)
    scale, bits_over_one = _reciprocal(total)
    return [_divide_by_power(_high_multiply(scale, e), bits_over_one + 31 - 8) for e in row]


def _normalize_divide(row: list[int]) -> list[int]:
    total = sum(row)
    return [(e * 512 + total) // (2 * total) for e in row]


def softmax_normalize(exponentials: np.ndarray, normalization: SoftmaxNormalization) -> np.ndarray:
    """Exponentials int [N, C] of one row each, as probabilities with scale 1/256 and stored zero point -128, int64."""
    normalize = _normalize_reciprocal if normalization is SoftmaxNormalization.RECIPROCAL else _normalize_divide
    rows = [normalize([int(e) for e in row]) for row in exponentials]
    return np.clip(np.array(rows, np.int64).reshape(exponentials.shape) - 128, -128, 127)
