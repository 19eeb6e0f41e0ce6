"""From real scales in the file to the integers of the graph: single rounding, double precision on the way."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.fixedpoint import Requantization, Rounding, quantize_multipliers
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import Constant, QuantizedConstant, Value

_INT32_MAX = (1 << 31) - 1
_SAME_SCALE = 1e-6


def requantization(node: Node, scales: np.ndarray, output: ir.Tensor, minimum: int, maximum: int) -> Requantization:
    """Single rounding by scales[c] / output scale. scales: float64 [C], of one unit of the accumulator.

    Raises UnsupportedModelError where a ratio does not fit 31 bits and a shift.
    """
    try:
        multiplier, shift = quantize_multipliers(scales / output.scale)
    except ValueError as error:
        raise UnsupportedModelError(f"{node}: {error}") from error
    return Requantization(multiplier, shift, Rounding.SINGLE, output.zero_point, minimum, maximum)


def centred_weights(node: Node, value: Value, channel_axis: int) -> tuple[np.ndarray, np.ndarray]:
    """(weights minus their zero point in the file's shape, int16 [-255, 255] where they do not fit int8; scales float64
    [channels]).

    channel_axis: the only axis along which scales may vary. Raises UnsupportedModelError for weights that are not
    constant, not quantized, quantized along another axis or of other types than int8 and uint8.
    """
    if not isinstance(value, QuantizedConstant):
        what = "float32" if isinstance(value, Constant) else "not constant"
        raise UnsupportedModelError(
            f"{node}: its weights are {what}",
            "quantize weights too: int8, symmetric, one scale for all or one an output channel",
        )
    if value.array.dtype not in (np.int8, np.uint8):
        raise UnsupportedModelError(f"{node}: {value.array.dtype} weights", "supported: int8 and uint8 weights")
    if len(value.scale) > 1 and value.axis != channel_axis:
        raise UnsupportedModelError(
            f"{node}: its weights are quantized along axis {value.axis}",
            f"only per tensor, or per output channel (axis {channel_axis})",
        )
    weights = value.centred()
    if weights.size == 0:
        raise ModelFormatError(f"{node}: its weights are empty")
    channels = weights.shape[channel_axis]
    return ir.narrow_weights(weights.astype(np.int16)), np.broadcast_to(value.scale, (channels,)).astype(np.float64)


def quantize_bias(node: Node, value: Value | None, scales: np.ndarray) -> np.ndarray:
    """int32 [C] in units of the accumulator. scales: float64 [C], of one such unit; None: no bias, zeros.

    int32 in the same scale is taken as it is, anything else is rounded half to even from its real value.
    """
    channels = len(scales)
    if value is None:
        return np.zeros(channels, np.int32)
    if not isinstance(value, Constant | QuantizedConstant):
        raise UnsupportedModelError(f"{node}: its bias is not a constant", "make it a constant of the model")
    if value.array.size not in (1, channels):
        raise ModelFormatError(f"{node}: a bias of shape {value.array.shape} for {channels} output channels")
    if (
        isinstance(value, QuantizedConstant)
        and value.array.dtype == np.int32
        and np.all(np.abs(value.scale - scales) <= _SAME_SCALE * scales)
    ):
        exact = value.centred().ravel().astype(np.float64)
    else:
        if not np.all(np.isfinite(value.real())):
            raise ModelFormatError(f"{node}: its bias is not finite")
        exact = np.rint(value.real().ravel() / scales)
    if not np.all(np.abs(exact) <= _INT32_MAX):
        channel = int(np.argmax(~(np.abs(np.broadcast_to(exact, channels)) <= _INT32_MAX)))
        raise UnsupportedModelError(
            f"{node}: the bias of channel {channel} does not fit int32 in units of its scales",
            "quantize the layer with a larger weight scale",
        )
    return np.broadcast_to(exact, channels).astype(np.int32)


def clamp_bounds(output: ir.Tensor, low: float, high: float) -> tuple[int, int]:
    """Stored (minimum, maximum) of an activation with real bounds, as QuantizeLinear would store the bounds."""
    return _stored(low, output), _stored(high, output)


def _stored(value: float, tensor: ir.Tensor) -> int:
    if math.isinf(value):
        return tensor.qmax if value > 0 else tensor.qmin
    quotient = float(np.rint(np.float32(value) / np.float32(tensor.scale))) + tensor.zero_point
    return int(min(max(quotient, tensor.qmin), tensor.qmax))


def lookup_table(
    source: ir.Tensor,
    output: ir.Tensor,
    minimum: int,
    maximum: int,
    function: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """int64 [256]: the stored output of every stored input, in the float32 arithmetic of the ONNX operators.

    function: float32 to float32, of the real value; None leaves it as it is. What overflows in it is infinite, and what
    is not a number then (0 / 0, infinity - infinity) is the lowest value of the type, as of ONNX Runtime's
    QuantizeLinear, which clamps with maxps on x86 and fmaxnm on Arm; clamps of floats leave it what it is.
    """
    stored = np.arange(source.qmin, source.qmax + 1)
    real = (stored - source.zero_point).astype(np.float32) * np.float32(source.scale)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if function is not None:
            real = function(real)
        quotient = np.rint(real / np.float32(output.scale)).astype(np.float64) + output.zero_point
    return np.where(np.isnan(quotient), output.qmin, np.clip(quotient, minimum, maximum)).astype(np.int64)
