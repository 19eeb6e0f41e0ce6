"""Real scales as a 31-bit integer multiplier and a power of two."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np


def quantize_multiplier(real: float) -> tuple[int, int]:
    """(M, shift) with real ~ M * 2**(shift - 31), M in [2**30, 2**31) or 0.

    TensorFlow Lite's QuantizeMultiplier: the mantissa is rounded half away from zero; a multiplier whose shift
    would be below -31 is 0. Raises ValueError unless `real` is finite and not negative.
    """
    if not math.isfinite(real) or real < 0:
        raise ValueError(f"a scale ratio must be finite and not negative, got {real!r}")
    if real == 0:
        return 0, 0
    mantissa, shift = math.frexp(real)
    multiplier = math.floor(mantissa * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    if shift > 30:
        raise ValueError(f"a scale ratio of {real!r} is too large for 32-bit fixed point")
    return multiplier, shift


def quantize_multipliers(reals: Iterable[float]) -> tuple[np.ndarray, np.ndarray]:
    """`quantize_multiplier` of each: (multipliers int64 [C], shifts int64 [C])."""
    pairs = [quantize_multiplier(float(real)) for real in reals]
    return np.array([m for m, _ in pairs], np.int64), np.array([s for _, s in pairs], np.int64)
