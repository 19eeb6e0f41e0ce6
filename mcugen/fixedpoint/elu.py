"""ELU as TensorFlow Lite Micro tabulates it, in float32: tensorflow/lite/micro/kernels/elu.cc."""

from __future__ import annotations

import numpy as np

from mcugen.fixedpoint.float_table import dequantized, quantized


def elu(centered: np.ndarray, input_scale: float, output_scale: float) -> np.ndarray:
    """x where x >= 0 and exp(x) - 1 where not: the outputs less their zero point, int64, not yet clamped to their type.

    centered: stored inputs less their zero point, -255 to 255.
    """
    real = dequantized(centered, input_scale)
    # The exponential is rounded once, from float64, as the C library's expf is but for rare last bits.
    exponential = np.exp(np.minimum(real, 0).astype(np.float64)).astype(np.float32)
    return quantized(np.where(real < 0, exponential - np.float32(1), real), output_scale)
