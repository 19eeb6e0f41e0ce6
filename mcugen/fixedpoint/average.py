"""The integer average of TensorFlow Lite's AVERAGE_POOL_2D."""

from __future__ import annotations

import numpy as np


def average(total: np.ndarray, count: np.ndarray | int) -> np.ndarray:
    """round(total / count), half away from zero: (total +- count / 2) / count truncated. int64 arrays, count > 0."""
    magnitude = (np.abs(total) + np.asarray(count) // 2) // count
    return np.where(total < 0, -magnitude, magnitude)
