"""1 / sqrt of an integer as a multiplier and a shift: TensorFlow Lite's GetInvSqrtQuantizedMultiplierExp."""

from __future__ import annotations

import numpy as np

from mcugen.fixedpoint.gemmlowp import INT32_MAX, high_multiply, saturate
from mcugen.fixedpoint.requantize import scale_double

_HALF_SQRT_2 = 1518500250
_THREE_HALVES = (1 << 28) + (1 << 27)
_STEPS = 5


def inverse_root(value: int) -> tuple[int, int]:
    """(M, right shift) with 1 / sqrt(value) ~ M * 2**(-31 - right shift); 0 counts as 1.

    Five steps of Newton and Raphson from 1, in fixed point of 3 integer bits; products are scaled up and saturate.
    """
    if value <= 1:
        return INT32_MAX, 0
    shift = 11
    while value >= 1 << 29:
        value >>= 2
        shift += 1
    pairs = (32 - value.bit_length() - 1) // 2 - 1
    shift -= pairs
    scaled = (value << 2 * pairs) >> 1
    half = (scaled + 1) >> 1
    root = 1 << 28
    for _ in range(_STEPS):
        # Products have 9 and 6 integer bits, and 3 again after a shift to the left by as many as there are more.
        cube = saturate(high_multiply(high_multiply(root, root), root) << 6)
        root = saturate((high_multiply(_THREE_HALVES, root) - high_multiply(half, cube)) << 3)
    root = high_multiply(root, _HALF_SQRT_2)
    if shift < 0:
        return root << -shift, 0
    return root, shift


def unit_length(values: np.ndarray, fraction_bits: int) -> np.ndarray:
    """int64 [N, C], each row divided by its length, as int64 of scale 1 / 2**fraction_bits, held to int8.

    TensorFlow Lite's reference_integer_ops::L2Normalization.
    """
    roots = [inverse_root(int((row * row).sum())) for row in values]
    multipliers, shifts = np.array(roots, np.int64).reshape(-1, 2, 1).swapaxes(0, 1)
    return np.clip(scale_double(values, multipliers, fraction_bits - shifts), -128, 127)
