"""Sum and difference of two quantized values of different scales."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mcugen.fixedpoint.multiplier import quantize_multiplier
from mcugen.fixedpoint.requantize import Rounding, scale_double

ADD_LEFT_SHIFT = 20
"""Bits by which TensorFlow Lite's ADD shifts its operands to the left."""

_SINGLE_BITS = 21


@dataclass(frozen=True)
class AddArithmetic:
    """The integers of an addition a + b; those of a subtraction a - b have a negative multiplier for b.

    rounding DOUBLE (TensorFlow Lite): both operands, shifted left by `left_shift`, are scaled by (multipliers[i],
        shifts[i]), summed, and scaled by (multipliers[2], shifts[2]), each scaling rounding twice.
    rounding SINGLE: (multipliers[0] * (a - za) + multipliers[1] * (b - zb)) * 2**-shifts[2] rounded once, half up;
        the sum fits int32. multipliers[2], shifts[0], shifts[1] and left_shift are not used.
    zero_points: of a, b and the output. minimum, maximum: clamp of the stored output.
    """

    rounding: Rounding
    multipliers: tuple[int, int, int]
    shifts: tuple[int, int, int]
    zero_points: tuple[int, int, int]
    minimum: int
    maximum: int
    left_shift: int = 0

    def of_difference(self) -> AddArithmetic:
        """The same of a - b: TensorFlow Lite's SUB is its ADD with the second multiplier negated."""
        first, second, last = self.multipliers
        return replace(self, multipliers=(first, -second, last))

    def offset(self, deltas: tuple[int, int, int]) -> AddArithmetic:
        """The same function after `deltas` were added to the stored values of a, b and the output."""
        za, zb, zo = self.zero_points
        return replace(
            self,
            zero_points=(za + deltas[0], zb + deltas[1], zo + deltas[2]),
            minimum=self.minimum + deltas[2],
            maximum=self.maximum + deltas[2],
        )


def add_double_rounding(
    scales: tuple[float, float, float], zero_points: tuple[int, int, int], minimum: int, maximum: int
) -> AddArithmetic:
    """TensorFlow Lite's ADD (PreparationForAdd): scales relative to twice the larger input scale."""
    twice_largest = 2 * max(scales[0], scales[1])
    pairs = (
        quantize_multiplier(scales[0] / twice_largest),
        quantize_multiplier(scales[1] / twice_largest),
        quantize_multiplier(twice_largest / ((1 << ADD_LEFT_SHIFT) * scales[2])),
    )
    return AddArithmetic(
        Rounding.DOUBLE,
        (pairs[0][0], pairs[1][0], pairs[2][0]),
        (pairs[0][1], pairs[1][1], pairs[2][1]),
        zero_points,
        minimum,
        maximum,
        ADD_LEFT_SHIFT,
    )


def add_single_rounding(
    scales: tuple[float, float, float], zero_points: tuple[int, int, int], minimum: int, maximum: int
) -> AddArithmetic:
    """Both scale ratios at a common power of two, the larger one with 21 bits, so that the sum fits int32."""
    ratios = (scales[0] / scales[2], scales[1] / scales[2])
    _, exponent = quantize_multiplier(max(ratios))
    shift = _SINGLE_BITS - exponent
    if not 1 <= shift <= 30:
        raise ValueError(f"the scales {scales} of an addition are too far apart for 32-bit fixed point")
    multipliers = tuple(int(np.floor(ratio * 2.0**shift + 0.5)) for ratio in ratios)
    return AddArithmetic(
        Rounding.SINGLE, (multipliers[0], multipliers[1], 0), (0, 0, shift), zero_points, minimum, maximum
    )


def add(a: np.ndarray, b: np.ndarray, arithmetic: AddArithmetic) -> np.ndarray:
    """The stored sums, int64, of two arrays of stored values of the same shape."""
    za, zb, zo = arithmetic.zero_points
    a, b = a.astype(np.int64) - za, b.astype(np.int64) - zb
    multipliers = np.array(arithmetic.multipliers, np.int64)
    shifts = np.array(arithmetic.shifts, np.int64)
    if arithmetic.rounding is Rounding.DOUBLE:
        left = arithmetic.left_shift
        total = scale_double(a << left, multipliers[0], shifts[0]) + scale_double(b << left, multipliers[1], shifts[1])
        scaled = scale_double(total, multipliers[2], shifts[2])
    else:
        total = a * multipliers[0] + b * multipliers[1]
        scaled = (total + (np.int64(1) << (shifts[2] - 1))) >> shifts[2]
    return np.clip(scaled + zo, arithmetic.minimum, arithmetic.maximum)
