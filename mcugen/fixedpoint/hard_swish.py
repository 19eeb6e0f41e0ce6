"""The integer hard-swish of TensorFlow Lite: x * relu6(x + 3) / 6 in 16 bits.

From tensorflow/lite/kernels/internal/reference/hard_swish.h, and tensorflow/lite/micro/kernels/hard_swish_common.cc for
the multipliers, which it takes from ratios in float32.
"""

from __future__ import annotations

import numpy as np

from mcugen.fixedpoint.multiplier import quantize_multiplier
from mcugen.fixedpoint.requantize import rounding_shift

_INT16_MAX = (1 << 15) - 1
# Inputs lie this many bits higher than they are stored.
_HIGH_RESOLUTION_BITS = 7
# The real value that 2**15 stands for where the factor relu6(x + 3) / 6 is computed.
_THREE = np.float32(3)


def hard_swish(centered: np.ndarray, input_scale: float, output_scale: float) -> np.ndarray:
    """The outputs less their zero point, int64, not yet clamped to their type.

    centered: stored inputs less their zero point, -255 to 255. Raises ValueError where the output's scale is less than
    a 128th of the input's, which the runtime refuses too, or where a shift would leave 16 bits.
    """
    high_resolution = np.float32(input_scale) / np.float32(1 << _HIGH_RESOLUTION_BITS)
    output_multiplier, output_shift = _int16_multiplier(float(high_resolution / np.float32(output_scale)))
    factor_multiplier, factor_shift = _int16_multiplier(float(high_resolution / (_THREE / np.float32(1 << 15))))
    if not -15 <= output_shift <= 0 or factor_shift < -15:
        raise ValueError(f"hard-swish from scale {input_scale:g} to {output_scale:g} does not fit 16 bits")
    value = centered.astype(np.int64) << _HIGH_RESOLUTION_BITS
    unshifted = _high_multiply(value, output_multiplier)
    # All but the last bit of a left shift comes before the product, so that only the last one can saturate.
    factor = _saturated(value << max(factor_shift - 1, 0))
    factor = _high_multiply(factor, factor_multiplier)
    factor = _saturated(factor << 1) if factor_shift > 0 else rounding_shift(factor, np.asarray(-factor_shift))
    # From -1 to 1 to 0 to 1.
    factor = (factor + (1 << 15)) >> 1
    return rounding_shift(_truncated_high_multiply(factor, unshifted), np.asarray(-output_shift))


def _int16_multiplier(real: float) -> tuple[int, int]:
    """`quantize_multiplier` with 15 bits: DownScaleInt32ToInt16Multiplier."""
    multiplier, shift = quantize_multiplier(real)
    return min((multiplier + (1 << 15)) >> 16, _INT16_MAX), shift


def _saturated(value: np.ndarray) -> np.ndarray:
    return np.clip(value, -_INT16_MAX - 1, _INT16_MAX)


def _high_multiply(a: np.ndarray, b: int) -> np.ndarray:
    """gemmlowp's SaturatingRoundingDoublingHighMul of int16: a * b / 2**15, half up."""
    return (a * b + (1 << 14)) >> 15


def _truncated_high_multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """SaturatingDoublingHighMul of int16: a * b / 2**15, towards zero."""
    product = a * b
    return np.sign(product) * (np.abs(product) >> 15)
