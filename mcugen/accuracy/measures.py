"""What is said of a layer: its signal-to-noise ratio, and how much of it lies at the ends of its range."""

from __future__ import annotations

import math

import numpy as np

from mcugen.ir import Tensor


def decibels(signal: float, noise: float) -> float:
    """10 log10(signal / noise) of two powers, sums of squares; infinite where there is no noise."""
    if noise == 0:
        return math.inf
    return 10 * math.log10(signal / noise) if signal > 0 else -math.inf


def saturated(values: np.ndarray, tensor: Tensor) -> np.ndarray:
    """Which of the stored values lie at an end of the tensor's type, a ReLU's zero left out; bool like `values`."""
    return (values == tensor.qmax) | ((values == tensor.qmin) & (tensor.zero_point != tensor.qmin))
