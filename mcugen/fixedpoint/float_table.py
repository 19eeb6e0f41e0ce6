"""How TensorFlow Lite's runtimes tabulate a function of float32.

LUTPopulate of tensorflow/lite/kernels/internal/common.h, and tensorflow/lite/micro/kernels/elu.cc.
"""

from __future__ import annotations

import numpy as np

_BEYOND_ANY_TYPE = 512


def dequantized(centered: np.ndarray, scale: float) -> np.ndarray:
    """Real numbers, float32, of stored values less their zero point, -255 to 255."""
    return np.float32(scale) * centered.astype(np.float32)


def quantized(real: np.ndarray, scale: float) -> np.ndarray:
    """Stored values less their zero point, int64, of real numbers, float32.

    Rounded half away from zero, not yet clamped to their type.
    """
    with np.errstate(over="ignore"):
        scaled = real * (np.float32(1) / np.float32(scale))
    magnitude = np.floor(np.abs(scaled).astype(np.float64) + 0.5)
    return np.copysign(np.minimum(magnitude, _BEYOND_ANY_TYPE), scaled).astype(np.int64)
