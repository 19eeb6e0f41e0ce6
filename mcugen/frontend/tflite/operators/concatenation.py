"""CONCATENATION."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.moves import (
    HEIGHT,
    WIDTH,
    graph_axis,
    require_one_quantization,
    reshaped,
    reshaped_output,
)
from mcugen.frontend.tflite.quantization import fused_activation
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import UNBOUNDED, Lookup, Operator, Tensor
from mcugen.ir.operators.concat import Concat

_MOST_INPUTS = 10
"""TensorFlow Lite Micro's kMaxInputNum."""


def _concatenation(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Of maps along channels, width or height, of one scale and zero point, in uint8 of any; refused: constants."""
    output = network.output(operator)
    if fused_activation(operator) != UNBOUNDED:
        raise operator.unsupported("has a fused activation, which its runtime leaves out", "put it before or behind")
    rank = len(network.file_tensor(operator, operator.outputs[0]).shape)
    axis = graph_axis(operator, operator.integer("Axis"), rank)
    operators: list[Operator] = []
    inputs = []
    for position in range(len(operator.inputs)):
        tensor = network.input(operator, position)
        if network.is_unsigned(operator):
            tensor, before = _rescaled(network, operator, tensor, output)
            operators += before
        require_one_quantization(operator, tensor, output)
        inputs.append(tensor)
    if axis != HEIGHT:
        return [*operators, Concat(**network.operator_fields(operator, tuple(inputs), output), axis=axis)]
    # Rows one below the other are, in memory, positions one behind the other.
    lists = []
    for tensor in inputs:
        positions = (1, tensor.height * tensor.width, tensor.channels)
        listed, before = reshaped(network, operator, tensor, positions, "positions")
        operators += before
        lists.append(listed)
    joined, behind = reshaped_output(network, operator, output, (1, output.height * output.width, output.channels))
    return [*operators, Concat(**network.operator_fields(operator, tuple(lists), joined), axis=WIDTH), *behind]


def _rescaled(
    network: Network, operator: FileOperator, source: Tensor, output: Tensor
) -> tuple[Tensor, list[Operator]]:
    """The tensor in the output's scale, as ConcatenationWithScaling of TensorFlow Lite's uint8 kernel computes it."""
    if (source.scale, source.zero_point) == (output.scale, output.zero_point):
        return source, []
    scale = np.float32(source.scale) * (np.float32(1) / np.float32(output.scale))
    bias = np.float32(-(source.zero_point + 128)) * scale
    real = np.arange(256).astype(np.float32) * scale + bias
    rounded = np.trunc(real.astype(np.float64) + np.copysign(0.5, real)).astype(np.int64)
    table = np.clip(rounded + output.zero_point, output.qmin, output.qmax)
    target = network.inner(operator, "rescaled", source.shape, output)
    return target, [Lookup(**network.operator_fields(operator, (source,), target), table=table)]


CONCATENATION = Handler(
    _concatenation,
    OptionFields(
        tflite.ConcatenationOptions,
        tflite.BuiltinOptions.ConcatenationOptions,
        ("Axis", "FusedActivationFunction"),
    ),
    inputs=(1, _MOST_INPUTS),
    unsigned=True,
)
