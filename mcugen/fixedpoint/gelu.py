"""GELU as TensorFlow Lite tabulates it, in float32: tensorflow/lite/kernels/internal/reference/gelu.h."""

from __future__ import annotations

import math

import numpy as np

from mcugen.fixedpoint.float_table import dequantized, quantized

_HALF, _ONE = np.float32(0.5), np.float32(1)
_MINUS_ROOT_HALF = np.float32(-math.sqrt(0.5))
_ROOT_OF_2_BY_PI = np.float32(math.sqrt(2 / math.pi))
_CUBIC = np.float32(0.044715)


def gelu(centered: np.ndarray, input_scale: float, output_scale: float, *, approximate: bool) -> np.ndarray:
    """x * Phi(x), Phi being the normal distribution: the outputs less their zero point, int64, not yet clamped to their
    type.

    centered: stored inputs less their zero point, -255 to 255. approximate: with a hyperbolic tangent for Phi.
    """
    real = dequantized(centered, input_scale)
    # Both functions are rounded once, from float64, as the C library's of float32 are but for rare last bits.
    with np.errstate(over="ignore"):
        if approximate:
            cubic = _ROOT_OF_2_BY_PI * (real + _CUBIC * real * real * real)
            value = _HALF * real * (_ONE + np.tanh(cubic.astype(np.float64)).astype(np.float32))
        else:
            tail = [math.erfc(x) for x in (real * _MINUS_ROOT_HALF).tolist()]
            value = _HALF * real * np.array(tail).astype(np.float32)
    return quantized(value, output_scale)
