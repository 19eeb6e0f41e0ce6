"""AVERAGE_POOL_2D, MAX_POOL_2D."""

from __future__ import annotations

import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.window import STRIDE_FIELDS, map_and_output, sliding_window
from mcugen.frontend.tflite.quantization import activation_clamp, fused_activation
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import AveragePool2D, MaxPool2D, Operator

_POOL_OPTIONS = OptionFields(
    tflite.Pool2DOptions, tflite.BuiltinOptions.Pool2DOptions, (*STRIDE_FIELDS, "FilterHeight", "FilterWidth")
)


def _kernel(operator: FileOperator) -> tuple[int, int]:
    return operator.integer("FilterHeight"), operator.integer("FilterWidth")


def _average(network: Network, operator: FileOperator) -> Operator:
    """Of any window and stride, SAME or VALID, over the cells inside the map, with a fused ReLU, ReLU6 or
    ReLU-1-to-1."""
    source, output = map_and_output(network, operator)
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
