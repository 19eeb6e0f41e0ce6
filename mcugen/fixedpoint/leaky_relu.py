"""The integer leaky ReLU of TensorFlow Lite: one multiplier for either sign.

From tensorflow/lite/kernels/internal/reference/leaky_relu.h, with the multipliers of
tensorflow/lite/micro/kernels/leaky_relu_common.cc, which takes their ratios in float32.
"""

from __future__ import annotations

import numpy as np

from mcugen.fixedpoint.multiplier import quantize_multiplier
from mcugen.fixedpoint.requantize import scale_double

_LARGEST_SHIFT = 22


def leaky_relu(centered: np.ndarray, input_scale: float, output_scale: float, alpha: float) -> np.ndarray:
    """x where x >= 0 and alpha * x where not: the outputs less their zero point, int64, not yet clamped to their type.

    centered: stored inputs less their zero point, -255 to 255. Raises ValueError for a negative alpha, and where a
    product would leave int32.
    """
    source, output = np.float32(input_scale), np.float32(output_scale)
    with np.errstate(over="ignore"):
        ratios = (float(source / output), float(source * np.float32(alpha) / output))
    positive, negative = (quantize_multiplier(ratio) for ratio in ratios)
    if max(positive[1], negative[1]) > _LARGEST_SHIFT:
        raise ValueError(f"the scales {input_scale:g} and {output_scale:g} are too far apart for 32 bits")
    value = centered.astype(np.int64)
    multiplier, shift = (np.where(value >= 0, a, b) for a, b in zip(positive, negative, strict=True))
    return scale_double(value, multiplier, shift)
