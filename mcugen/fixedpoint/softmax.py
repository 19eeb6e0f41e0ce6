"""Integer softmax: exponentials of the distance to the maximum, from a table of 256, and their normalization.

The distance d = max(x) - x of two 8-bit values is 0..255, so the exponentials are a table whatever computes them.
"""

from __future__ import annotations

import math
from enum import Enum

import numpy as np

from mcugen.fixedpoint.gemmlowp import INT32_MAX, divide_by_power, exp_of_negative, high_multiply, one_over_one_plus

_SUM_INTEGER_BITS = 12
_SINGLE_FRACTION_BITS = 20


class SoftmaxNormalization(Enum):
    """RECIPROCAL: TensorFlow Lite's Newton reciprocal of the sum. DIVIDE: one rounded integer division."""

    RECIPROCAL = "reciprocal"
    DIVIDE = "divide"


def softmax_exponentials_tflite(scale: float, beta: float) -> np.ndarray:
    """TensorFlow Lite's exponentials, int32 [256], Q0.31: PreprocessSoftmaxScaling and exp_on_negative_values.

    Distances past the radius in which its fixed point is valid have exponential 0.
    """
    real = min(beta * scale * (1 << 26), float(INT32_MAX))
    mantissa, left_shift = math.frexp(real)
    multiplier = math.floor(mantissa * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier //= 2
        left_shift += 1
    if real <= 1:
        raise ValueError(f"a softmax input scale of {scale!r} is too small")
    radius = math.floor(31.0 * (1 << 26) / (1 << left_shift))
    table = [exp_of_negative(high_multiply(-d << left_shift, multiplier), 5) if d <= radius else 0 for d in range(256)]
    return np.array(table, np.int32)


def softmax_exponentials_single(scale: float, beta: float) -> np.ndarray:
    """exp(-d * scale * beta) rounded to 20 fractional bits, int32 [256]: a sum of 2,047 of them fits int32."""
    d = np.arange(256, dtype=np.float64)
    return np.floor(np.exp(-d * scale * beta) * (1 << _SINGLE_FRACTION_BITS) + 0.5).astype(np.int32)


def _reciprocal(total: int) -> tuple[int, int]:
    """gemmlowp's GetReciprocal of a Q12.19 sum: (Q0.31 reciprocal of the normalized sum, bits over one)."""
    headroom = 32 - total.bit_length()
    normalized = (total << headroom) - (1 << 31)
    return one_over_one_plus(normalized), _SUM_INTEGER_BITS - headroom


def _normalize_reciprocal(row: list[int]) -> list[int]:
    total = sum(divide_by_power(e, _SUM_INTEGER_BITS) for e in row)
    scale, bits_over_one = _reciprocal(total)
    return [divide_by_power(high_multiply(scale, e), bits_over_one + 31 - 8) for e in row]


def _normalize_divide(row: list[int]) -> list[int]:
    total = sum(row)
    return [(e * 512 + total) // (2 * total) for e in row]


def softmax_normalize(exponentials: np.ndarray, normalization: SoftmaxNormalization) -> np.ndarray:
    """Exponentials int [N, C] of one row each, as probabilities with scale 1/256 and stored zero point -128, int64."""
    normalize = _normalize_reciprocal if normalization is SoftmaxNormalization.RECIPROCAL else _normalize_divide
    rows = [normalize([int(e) for e in row]) for row in exponentials]
    return np.clip(np.array(rows, np.int64).reshape(exponentials.shape) - 128, -128, 127)
