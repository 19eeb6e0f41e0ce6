"""`fixedpoint.requantize` for accumulators of a known bound, in float64 where that is exact.

With v = accumulator * M * 2**(shift - 31), single rounding is floor(v + 1/2). Double rounding with a right shift of
r >= 1 bits first rounds v to a multiple of 2**-r, half up, then to an integer, half away from zero: that is
floor(v + 1/2 + 2**-(r + 1)) for v >= 0 and floor(v + 1/2 - 2**-(r + 1)) for v < 0. With r = 0 the second rounding does
nothing. All these numbers are multiples of 2**(shift - 31), so float64 holds them exactly, and every sum of them,
while |accumulator| * M + 2**(31 - shift) <= 2**53. Where |v| >= 257 the value is a clamp whatever the last bits are,
so only accumulators below the bound and below that need to obey it. The few channels that do not, of large accumulators
and tiny scales, go through `fixedpoint.requantize` itself.
"""

from __future__ import annotations

import numpy as np

from mcugen.fixedpoint.requantize import Requantization, Rounding, requantize

_FLOAT64_INTEGERS = float(1 << 53)
_SATURATED = 257


class Requantizer:
    """Requantizes accumulators [..., C] whose magnitude per channel is at most `bound` (float64 [C])."""

    def __init__(self, requantization: Requantization, bound: np.ndarray) -> None:
        self._requantization = requantization
        multiplier = requantization.multiplier.astype(np.float64)
        shift = requantization.shift
        # A channel that stays below a quarter of a step is its zero point, as if its multiplier were 0.
        still = bound * multiplier < np.exp2(29 - shift)
        multiplier, shift = np.where(still, 0, multiplier), np.where(still, 0, shift)
        product = np.minimum(bound * multiplier, _SATURATED * np.exp2(31 - shift))
        self._inexact = np.flatnonzero(product + np.exp2(31 - shift) > _FLOAT64_INTEGERS)
        self._scale = multiplier * np.exp2(shift - 31)
        first_rounding = np.zeros(len(shift))
        if requantization.rounding is Rounding.DOUBLE:
            first_rounding = np.where(shift < 0, np.exp2(shift - 1), 0)
        # Values below 0 all end at the lower clamp when the clamp is at the zero point or above it.
        self._signed = requantization.minimum < requantization.zero_point and bool(np.any(first_rounding))
        self._half_above = 0.5 + first_rounding
        self._half_below = 0.5 - first_rounding

    def __call__(self, accumulator: np.ndarray) -> np.ndarray:
        """The stored values, as float64 [..., C], of integer accumulators, given as floats of the same shape."""
        requantization = self._requantization
        value = np.multiply(accumulator, self._scale, dtype=np.float64)
        if self._signed:
            value += np.where(value < 0, self._half_below, self._half_above)
        else:
            value += self._half_above
        np.floor(value, out=value)
        value += requantization.zero_point
        np.clip(value, requantization.minimum, requantization.maximum, out=value)
        if len(self._inexact):
            some = accumulator[..., self._inexact].astype(np.int64)
            value[..., self._inexact] = requantize(some, requantization.select(self._inexact))
        return value
