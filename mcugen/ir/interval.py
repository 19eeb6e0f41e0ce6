"""Intervals of integers, channel by channel: what interval analysis carries from operator to operator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Interval:
    """Closed interval of integers, one a channel: low and high are int64 [C]."""

    low: np.ndarray
    high: np.ndarray

    def union(self, value: int) -> Interval:
        """The smallest interval that also holds `value` in every channel."""
        return Interval(np.minimum(self.low, value), np.maximum(self.high, value))

    def clipped(self, minimum: int, maximum: int) -> Interval:
        """What is left of it behind a clamp."""
        return Interval(np.clip(self.low, minimum, maximum), np.clip(self.high, minimum, maximum))

    @property
    def constant(self) -> np.ndarray:
        """Bool [C]: the channel holds one value only."""
        return self.low == self.high


@dataclass(frozen=True, eq=False)
class Reach:
    """What an operator can produce.

    output: the stored values. accumulator: of an operator that requantizes, what it requantizes, such as
    bias + sum w * (x - z). partial_sums: of what is summed on the way there, in whatever order, the bias last.
    magnitude: a bound on every sum that the generated code forms on the way, in whatever order; 0 where there is none.
    """

    output: Interval
    accumulator: Interval | None = None
    partial_sums: Interval | None = None
    magnitude: int = 0
