"""An addition of two quantized tensors as one linear form, wherever that is proved equal to the model's own arithmetic.

    y = clamp((factors[0] * a + factors[1] * b + constant) >> shift)

for stored values a and b. TensorFlow Lite rounds three times; yet the linear form with enough bits mostly gives every
one of the 65,536 pairs of 8-bit values the same result. That is tried, pair by pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.fixedpoint.add import AddArithmetic, add
from mcugen.fixedpoint.requantize import Rounding

_INT32 = 1 << 31
_BITS = (*range(22, 13, -1), 23, 24)
"""Bits of the larger factor, in the order in which they are tried: most additions leave room for 22 of them."""


@dataclass(frozen=True)
class LinearAdd:
    """y = clamp((factors[0] * a + factors[1] * b + constant) >> shift), all in int32."""

    factors: tuple[int, int]
    constant: int
    shift: int


def linear_add(arithmetic: AddArithmetic, lowest: tuple[int, int]) -> LinearAdd | None:
    """The linear form that equals the addition for every pair of stored values of a and b, None if none was found.

    lowest: of the 256 values of a and of b.
    """
    ratios = _ratios(arithmetic)
    largest_ratio = max(abs(ratio) for ratio in ratios)
    if largest_ratio == 0:
        # The output's scale is so large that every sum is the zero point: no factor has bits to keep.
        return None
    x = np.arange(lowest[0], lowest[0] + 256, dtype=np.int64)[:, None]
    y = np.arange(lowest[1], lowest[1] + 256, dtype=np.int64)[None, :]
    expected = add(x, y, arithmetic)
    for bits in _BITS:
        shift = bits - int(np.ceil(np.log2(largest_ratio)))
        if not 1 <= shift <= 30:
            continue
        factors = tuple(int(np.rint(ratio * 2.0**shift)) for ratio in ratios)
        constant = _constant(factors[0] * x + factors[1] * y, expected, arithmetic, shift)
        if constant is None:
            continue
        largest = sum(abs(f) * max(-low, low + 255) for f, low in zip(factors, lowest, strict=True))
        if largest + abs(constant) < _INT32:
            return LinearAdd((factors[0], factors[1]), constant, shift)
    return None


def _ratios(arithmetic: AddArithmetic) -> tuple[float, float]:
    """Real factors of a and b."""
    multipliers, shifts = arithmetic.multipliers, arithmetic.shifts
    if arithmetic.rounding is Rounding.SINGLE:
        return multipliers[0] / 2.0 ** shifts[2], multipliers[1] / 2.0 ** shifts[2]
    scale = [m * 2.0 ** (s - 31) for m, s in zip(multipliers, shifts, strict=True)]
    common = 2.0**arithmetic.left_shift * scale[2]
    return scale[0] * common, scale[1] * common


def _constant(products: np.ndarray, expected: np.ndarray, arithmetic: AddArithmetic, shift: int) -> int | None:
    """A constant with which every pair gets its value: each pair bounds it from both sides."""
    lower = (expected << shift) - products
    upper = lower + (1 << shift) - 1
    # Saturated pairs only have to stay beyond the clamp.
    low = int(lower[expected > arithmetic.minimum].max(initial=-_INT32))
    high = int(upper[expected < arithmetic.maximum].min(initial=_INT32))
    return (low + high) // 2 if low <= high else None
