"""ADD of two maps; QUANTIZE, RELU and RELU6 inside the network as tables."""

from __future__ import annotations

import math

import numpy as np
import tflite

from mcugen.fixedpoint import ADD_LEFT_SHIFT, add_double_rounding, requantize
from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.quantization import activation_clamp, fused_activation, rescale_requantization
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import UNBOUNDED, Add, Lookup, Operator, Tensor

_SHIFTED = 1 << 30


def _add(network: Network, operator: FileOperator) -> Operator:
    """Of two maps of one shape, each with a scale of its own, with a fused ReLU, ReLU6 or ReLU-1-to-1; refused:
    broadcasting and constants."""
    left, right, output = network.input(operator, 0), network.input(operator, 1), network.output(operator)
    if not left.shape == right.shape == output.shape:
        raise operator.unsupported(
            f"adds {left.shape} and {right.shape}; maps of the same shape are supported",
            "broadcasting is not supported",
        )
    activation = fused_activation(operator)
    minimum, maximum = activation_clamp(activation, output)
    if 2 * max(left.scale, right.scale) >= (1 << ADD_LEFT_SHIFT) * output.scale:
        raise operator.unsupported(
            f"adds scales {left.scale:g} and {right.scale:g} to scale {output.scale:g}, which is too small beside them",
            "quantize again with data that uses the whole range of this layer's output",
        )
    arithmetic = add_double_rounding(
        (left.scale, right.scale, output.scale),
        (left.zero_point, right.zero_point, output.zero_point),
        minimum,
        maximum,
    )
    return Add(**network.operator_fields(operator, (left, right), output, activation), arithmetic=arithmetic)


def _rescale_table(operator: FileOperator, source: Tensor, output: Tensor, clamp: tuple[int, int]) -> np.ndarray:
    """int64 [256]: the output for each stored input from qmin to qmax, requantized from scale to scale."""
    values = np.arange(source.qmin, source.qmax + 1, dtype=np.int64) - source.zero_point
    requantization = rescale_requantization(source, output, clamp)
    largest = int(np.abs(values).max()) << max(int(requantization.shift[0]), 0)
    if largest >= _SHIFTED:
        raise operator.unsupported(
            f"from scale {source.scale:g} to {output.scale:g} its values can reach {largest:,}, past 2^30",
            "quantize again with data that uses the whole range of this layer's output",
        )
    return requantize(values[:, None], requantization)[:, 0]


def _lookup(network: Network, operator: FileOperator, activation: tuple[float, float]) -> Operator:
    source, output = network.input(operator), network.output(operator)
    table = _rescale_table(operator, source, output, activation_clamp(activation, output))
    return Lookup(**network.operator_fields(operator, (source,), output, activation), table=table)


def _quantize(network: Network, operator: FileOperator) -> Operator:
    """From float32 or uint8 at the input, to uint8 at the output, and from one int8 scale to another inside."""
    return _lookup(network, operator, UNBOUNDED)


def _relu(network: Network, operator: FileOperator) -> Operator:
    """On its own, with the same scale or another one behind it."""
    return _lookup(network, operator, (0.0, math.inf))


def _relu6(network: Network, operator: FileOperator) -> Operator:
    """On its own, with the same scale behind it; refused: another one.

    TensorFlow Lite Micro clamps the stored values and leaves out the change of scale, which LiteRT computes.
    """
    source, output = network.input(operator), network.output(operator)
    if (source.scale, source.zero_point) != (output.scale, output.zero_point):
        raise operator.unsupported(
            f"changes scale {source.scale:g} and zero point {source.zero_point} to {output.scale:g} and"
            f" {output.zero_point}, on whose values TensorFlow Lite's runtimes disagree; the same are supported",
            "fuse it into the layer before it, or use RELU",
        )
    return _lookup(network, operator, (0.0, 6.0))


def _dequantize(network: Network, operator: FileOperator) -> Operator:
    """At the output of the model only; refused inside, where it begins a part in float32."""
    raise operator.unsupported(
        "stands inside the network, where float32 is not supported; at the output it is",
        "convert with supported_ops TFLITE_BUILTINS_INT8 only",
    )


ADD = Handler(
    _add,
    OptionFields(tflite.AddOptions, tflite.BuiltinOptions.AddOptions, ("FusedActivationFunction",)),
    inputs=(2, 2),
)
QUANTIZE = Handler(_quantize)
DEQUANTIZE = Handler(_dequantize)
RELU = Handler(_relu)
RELU6 = Handler(_relu6)
