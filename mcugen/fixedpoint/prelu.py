"""The integer parametric ReLU of TensorFlow Lite: one multiplier for either sign, and a weight for negative values.

From tensorflow/lite/kernels/internal/reference/prelu.h, with the multipliers of
tensorflow/lite/micro/kernels/prelu_common.cc.
"""

from __future__ import annotations

import numpy as np

from mcugen.fixedpoint.multiplier import quantize_multiplier
from mcugen.fixedpoint.requantize import scale_double

_LARGEST_SHIFT = 14


def prelu(
    centered: np.ndarray, alpha: np.ndarray, input_scale: float, alpha_scale: float, output_scale: float
) -> np.ndarray:
    """x where x >= 0 and alpha * x where not: the outputs less their zero point, int64, not yet clamped to their type.

    centered, alpha: stored values less their zero points, -255 to 255, broadcast against each other. Raises ValueError
    where a product would leave int32.
    """
    ratios = (input_scale / output_scale, input_scale * alpha_scale / output_scale)
    positive, negative = (quantize_multiplier(ratio) for ratio in ratios)
    if max(positive[1], negative[1]) > _LARGEST_SHIFT:
        raise ValueError(f"the scales {input_scale:g} and {output_scale:g} are too far apart for 32 bits")
    value, weight = np.broadcast_arrays(centered.astype(np.int64), alpha.astype(np.int64))
    multiplier, shift = (np.where(value >= 0, a, b) for a, b in zip(positive, negative, strict=True))
    return scale_double(np.where(value >= 0, value, value * weight), multiplier, shift)
