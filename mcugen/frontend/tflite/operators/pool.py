"""AVERAGE_POOL_2D, MAX_POOL_2D, and MEAN over the whole map."""

from __future__ import annotations

import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.window import STRIDE_FIELDS, map_and_output, sliding_window
from mcugen.frontend.tflite.quantization import activation_clamp, fused_activation, mean_requantization
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import AveragePool2D, MaxPool2D, Operator, Window

_POOL_OPTIONS = OptionFields(
    tflite.Pool2DOptions, tflite.BuiltinOptions.Pool2DOptions, (*STRIDE_FIELDS, "FilterHeight", "FilterWidth")
)
_SPATIAL_AXES = {1, 2}
_MAP_RANK = 4


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


def _mean(network: Network, operator: FileOperator) -> Operator:
    """Over height and width of a map, dimensions kept or not; refused: other axes.

    The output's shape tells whether dimensions are kept: (1, C) and (1, 1, 1, C) are the same graph tensor.
    """
    source, output = network.input(operator), network.output(operator)
    rank = len(network.file_tensor(operator, operator.input(0)).shape)
    axes = network.constant(operator, 1, tflite.TensorType.INT32).reshape(-1)
    outside = [int(axis) for axis in axes if not -rank <= axis < rank]
    if outside:
        raise operator.damaged(f"averages axis {outside[0]} of {rank} dimensions")
    if rank != _MAP_RANK or {int(axis) % rank for axis in axes} != _SPATIAL_AXES:
        raise operator.unsupported(
            f"averages the axes {[int(axis) for axis in axes]} of {rank} dimensions;"
            " height and width of a map, axes [1, 2], are supported"
        )
    kernel = (source.height, source.width)
    return AveragePool2D(
        **network.operator_fields(operator, (source,), output),
        window=Window(kernel=kernel, stride=kernel),
        requantization=mean_requantization(source, source.height * source.width, output),
    )


AVERAGE = Handler(_average, _POOL_OPTIONS, unsigned=True)
MAXIMUM = Handler(_maximum, _POOL_OPTIONS, unsigned=True)
MEAN = Handler(_mean, inputs=(2, 2), unsigned=True)
