"""ELU as TensorFlow Lite Micro tabulates it, in float32: tensorflow/lite/micro/kernels/elu.cc."""

from __future__ import annotations

import numpy as np


def elu(centered: np.ndarray, input_scale: float, output_scale: float) -> np.ndarray:
    """x where x >= 0 and exp(x) - 1 where not: the outputs less their zero point, int64, not yet clamped to their type.

    centered: stored inputs less their zero point, -255 to 255.
    """
    real = np.float32(input_scale) * centered.astype(np.float32)
    # The exponential is rounded once, from float64, as the C library's expf is but for rare last bits.
    exponential = np.exp(np.minimum(real, 0).astype(np.float64)).astype(np.float32)
    value = np.where(real < 0, exponential - np.float32(1), real)
    with np.errstate(over="ignore"):
        scaled = value * (np.float32(1) / np.float32(output_scale))
    magnitude = np.floor(np.abs(scaled).astype(np.float64) + 0.5)
    return np.copysign(np.minimum(magnitude, 512), scaled).astype(np.int64)
