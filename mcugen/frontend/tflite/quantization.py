"""TensorFlow Lite's integers from the file's float32 scales: clamps of fused activations and requantizations.

Scales are float32 in the file. Every formula here says where TensorFlow Lite computes in float32 and where in
double, because a multiplier depends on it.
"""

from __future__ import annotations

import math

import numpy as np
import tflite

from mcugen.fixedpoint import Requantization, Rounding, quantize_multiplier, quantize_multipliers
from mcugen.frontend.tflite.model import FileOperator
from mcugen.ir import UNBOUNDED, Tensor

ACTIVATION_RANGES = {
    tflite.ActivationFunctionType.NONE: UNBOUNDED,
    tflite.ActivationFunctionType.RELU: (0.0, math.inf),
    tflite.ActivationFunctionType.RELU_N1_TO_1: (-1.0, 1.0),
    tflite.ActivationFunctionType.RELU6: (0.0, 6.0),
}
"""The real bounds of every fused activation that is supported, infinite for none."""


def quantized_bound(value: float, tensor: Tensor) -> int:
    """zero point + round_half_away(float32(value / scale)), clamped to the tensor's type.

    Raises ValueError where the rounded number leaves int32, as the runtime does.
    """
    with np.errstate(over="ignore"):
        ratio = float(np.float32(value) / np.float32(tensor.scale))
    if abs(ratio) >= 1 << 31:
        raise ValueError(f"its activation's bound {value:g} is past 32 bits at the output scale {tensor.scale:g}")
    rounded = math.copysign(math.floor(min(abs(ratio), 1e6) + 0.5), ratio)
    return max(tensor.qmin, min(tensor.qmax, tensor.zero_point + int(rounded)))


def activation_clamp(bounds: tuple[float, float], output: Tensor) -> tuple[int, int]:
    """(minimum, maximum) of the stored output: CalculateActivationRangeQuantized. bounds: real, infinite for none."""
    lower, upper = bounds
    minimum = output.qmin if math.isinf(lower) else quantized_bound(lower, output)
    maximum = output.qmax if math.isinf(upper) else quantized_bound(upper, output)
    return minimum, maximum


def fused_activation(operator: FileOperator) -> tuple[float, float]:
    """Real bounds of the operator's FusedActivationFunction. Raises UnsupportedModelError for others, such as TANH."""
    code = operator.integer("FusedActivationFunction")
    if code not in ACTIVATION_RANGES:
        raise operator.unsupported(
            f"fused activation {code} is not supported", "use no activation, ReLU, ReLU6 or ReLU-1-to-1"
        )
    return ACTIVATION_RANGES[code]


def weighted_requantization(
    source: Tensor, weight_scales: np.ndarray, output: Tensor, clamp: tuple[int, int]
) -> Requantization:
    """Of a convolution, and of a fully connected layer with several scales: double(s_in) * double(s_w) / double(s_out).

    weight_scales: float32 [C] or [1].
    """
    scales = [source.scale * float(scale) / output.scale for scale in weight_scales]
    return _requantization(*quantize_multipliers(scales), output, clamp)


def dense_requantization(
    source: Tensor, weight_scale: np.float32, output: Tensor, clamp: tuple[int, int]
) -> Requantization:
    """Of a fully connected layer with one scale, and of every uint8 layer: double(float32(s_in * s_w)) / double(s_out).

    GetQuantizedConvolutionMultipler.
    """
    with np.errstate(over="ignore"):
        product = float(np.float32(source.scale) * weight_scale)
    return _requantization(*quantize_multipliers([product / output.scale]), output, clamp)


def mean_requantization(source: Tensor, count: int, output: Tensor) -> Requantization:
    """Of MEAN: the division by `count` goes into the multiplier (QuantizedMeanOrSum)."""
    multiplier, shift = quantize_multiplier(source.scale / output.scale)
    left = min(count.bit_length() - 1, 32, 31 + shift)
    multiplier, shift = (multiplier << left) // count, shift - left
    return _requantization(np.array([multiplier]), np.array([shift]), output, (output.qmin, output.qmax))


def _requantization(
    multiplier: np.ndarray, shift: np.ndarray, output: Tensor, clamp: tuple[int, int]
) -> Requantization:
    return Requantization(multiplier, shift, Rounding.DOUBLE, output.zero_point, *clamp)


def require_output(operator: FileOperator, output: Tensor, scale: float, zero_point: int) -> None:
    """Raises UnsupportedModelError for outputs of another scale and zero point than the one that a runtime computes."""
    if (output.scale, output.zero_point) != (scale, zero_point):
        raise operator.unsupported(
            f"its output has scale {output.scale:g} and zero point {output.zero_point}; scale 1/{round(1 / scale)} and"
            f" zero point {zero_point} are supported"
        )


def rescale_requantization(source: Tensor, output: Tensor, clamp: tuple[int, int]) -> Requantization:
    """From one scale to another: double(s_in) / double(s_out), as in QUANTIZE and RELU."""
    return _requantization(*quantize_multipliers([source.scale / output.scale]), output, clamp)


def product_requantization(left: float, right: float, output: Tensor, clamp: tuple[int, int]) -> Requantization:
    """Of MUL of two scales: double(s_a) * double(s_b) / double(s_out)."""
    return _requantization(*quantize_multipliers([left * right / output.scale]), output, clamp)
