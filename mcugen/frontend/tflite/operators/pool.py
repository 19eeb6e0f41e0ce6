"""AVERAGE_POOL_2D, MAX_POOL_2D."""

from __future__ import annotations

import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.window import STRIDE_FIELDS, map_and_output, sliding_window
from mcugen.frontend.tflite.quantization import activation_clamp, fused_activation
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import AveragePool2D, MaxPool2D, Operator, Tensor

_POOL_OPTIONS = OptionFields(
    tflite.Pool2DOptions, tflite.BuiltinOptions.Pool2DOptions, (*STRIDE_FIELDS, "FilterHeight", "FilterWidth")
)
_SAME_SCALE = 1e-6


def _kernel(operator: FileOperator) -> tuple[int, int]:
    return operator.integer("FilterHeight"), operator.integer("FilterWidth")


def _require_one_quantization(network: Network, operator: FileOperator, source: Tensor, output: Tensor) -> None:
    """As the runtime prepares a pool (pooling_common.cc): one zero point, and scales that hardly differ.

    Only of int8: LiteRT, whose bytes uint8 networks give, pools whatever the scales are.
    """
    if network.is_unsigned(operator):
        return
    if source.zero_point != output.zero_point or abs(source.scale - output.scale) > _SAME_SCALE:
        raise operator.unsupported(
            f"pools values of scale {source.scale:g} and zero point {source.zero_point} to scale {output.scale:g} and"
            f" zero point {output.zero_point}, which its runtime refuses; the same are supported",
            "convert again: the converter gives both sides one scale",
        )


def _average(network: Network, operator: FileOperator) -> Operator:
    """Of any window and stride, SAME or VALID, over the pixels inside the map, with a fused ReLU, ReLU6 or
    ReLU-1-to-1."""
    source, output = map_and_output(network, operator)
    _require_one_quantization(network, operator, source, output)
    activation = fused_activation(operator)
    minimum, maximum = activation_clamp(activation, output)
    return AveragePool2D(
        **network.operator_fields(operator, (source,), output, activation),
        window=sliding_window(operator, _kernel(operator), source),
        minimum=minimum,
        maximum=maximum,
        # uint8 sums are never negative, so their halves round up.
        input_origin=source.qmin if network.is_unsigned(operator) else 0,
        output_origin=output.qmin if network.is_unsigned(operator) else 0,
    )


def _maximum(network: Network, operator: FileOperator) -> Operator:
    """As AVERAGE_POOL_2D."""
    source, output = map_and_output(network, operator)
    _require_one_quantization(network, operator, source, output)
    activation = fused_activation(operator)
    minimum, maximum = activation_clamp(activation, output)
    return MaxPool2D(
        **network.operator_fields(operator, (source,), output, activation),
        window=sliding_window(operator, _kernel(operator), source),
        minimum=minimum,
        maximum=maximum,
    )


AVERAGE = Handler(_average, _POOL_OPTIONS, unsigned=True)
MAXIMUM = Handler(_maximum, _POOL_OPTIONS, unsigned=True)
