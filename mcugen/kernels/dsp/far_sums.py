"""Channels whose accumulators lie far from 0: a large bias, and products that hardly move it.

Their 256-fold sums would leave int32, or their shift is larger than the exact form's. Where few steps of the output lie
within their reach, the same outputs follow from sums that start `low`, the least accumulator, lower:

    y = ((2*(a - low)*M + 2**31 >> 32) + A) >> S

These are the exact form's own instructions: h = a - low times M is never negative, so that its correction of halves
does nothing. For each multiplier M near the channel's own, the accumulators at which y steps leave an interval of A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.fixedpoint import Requantization, requantize, step_thresholds

_TRIES = 400
"""Multipliers on either side of the one that is tried first."""
_STEEPER = 2.0 ** np.arange(0, 6, 0.25)
"""Factors of a channel's own multiplier: few steps leave room for steeper slopes, where neighbours differ more."""
_SHIFT = 22
"""The largest S: A, a byte shifted by it, and the product, less than 2**25, fit int32 together."""


@dataclass(frozen=True)
class FarSum:
    """Constants of a channel; low is what its sums start lower by."""

    low: int
    multiplier: int
    addend: int
    shift: int

    def apply(self, accumulator: np.ndarray) -> np.ndarray:
        """The output before saturation, for int64 accumulators of any shape."""
        return (_scaled(accumulator - self.low, self.multiplier) + self.addend) >> self.shift


def find_far_sum(requantization: Requantization, channel: int, low: int, high: int) -> FarSum | None:
    """Constants that give every accumulator of low..high its output, None where none are found."""
    own = requantization.select(np.array([channel]))
    first, last = requantize(np.array([[low], [high]]), own)[:, 0].tolist()
    # Levels above the first, each with the least accumulator that reaches it.
    levels = np.arange(first + 1, last + 1)
    steps = step_thresholds(own)[0, levels - own.minimum - 1]
    right = -int(own.shift[0])
    shift = min(right, _SHIFT)
    nearest = int(own.multiplier[0]) >> (right - shift)
    around = (nearest * _STEEPER).astype(np.int64)[:, None] + np.arange(-_TRIES, _TRIES + 1)
    multipliers = around[(around > 0) & (around < 1 << 31)][:, None]
    reached, before = np.append(low, steps), np.append(steps - 1, high)
    outputs = np.append(first, levels)
    least = ((outputs << shift) - _scaled(reached - low, multipliers)).max(axis=1)
    most = ((outputs + 1 << shift) - 1 - _scaled(before - low, multipliers)).min(axis=1)
    for found in np.flatnonzero(least <= most)[:1].tolist():
        return FarSum(low, int(multipliers[found, 0]), int(least[found] + most[found]) // 2, shift)
    return None


def _scaled(value: np.ndarray, multiplier: int | np.ndarray) -> np.ndarray:
    return (2 * value * multiplier + (1 << 31)) >> 32
