"""The signal-to-noise ratio of a layer."""

from __future__ import annotations

import math


def decibels(signal: float, noise: float) -> float:
    """10 log10(signal / noise) of two powers, sums of squares; infinite where there is no noise."""
    if noise == 0:
        return math.inf
    return 10 * math.log10(signal / noise) if signal > 0 else -math.inf
