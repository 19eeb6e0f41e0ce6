"""Operators that move elements and compute nothing: RESHAPE, SQUEEZE, PAD, PADV2."""

from __future__ import annotations

import math

import numpy as np
import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.ir import Operator, Pad, Reshape

_MAP_RANK = 4


def _reshape(network: Network, operator: FileOperator) -> Operator:
    """To any constant shape, one -1 included, and to what SHAPE, STRIDED_SLICE and PACK compute.

    The second input decides the shape, and the output's own shape in files without one.
    """
    source = network.input(operator)
    if operator.has_input(1):
        target = network.constant(operator, 1, tflite.TensorType.INT32).reshape(-1)
        network.resolved_shapes[operator.outputs[0]] = _resolved(operator, source.size, target)
    return _moved(network, operator)


def _resolved(operator: FileOperator, size: int, target: np.ndarray) -> tuple[int, ...]:
    """The target shape with its one -1, if there is one, replaced by what is left of `size` elements."""
    shape = [int(dimension) for dimension in target]
    if -1 in shape:
        known = -math.prod(shape)
        shape[shape.index(-1)] = size // known if known > 0 else 0
    if min(shape, default=0) < 1 or math.prod(shape) != size:
        raise operator.damaged(f"reshapes {size} elements to {[int(dimension) for dimension in target]}")
    return tuple(shape)


def _squeeze(network: Network, operator: FileOperator) -> Operator:
    """Of any dimensions of size 1."""
    return _moved(network, operator)


def _moved(network: Network, operator: FileOperator) -> Operator:
    """The same stored values in another shape."""
    source, output = network.input(operator), network.output(operator)
    if (source.scale, source.zero_point) != (output.scale, output.zero_point):
        raise operator.damaged(
            f"moves values of scale {source.scale:g} and zero point {source.zero_point} to scale {output.scale:g} and"
            f" zero point {output.zero_point} without a change"
        )
    return Reshape(**network.operator_fields(operator, (source,), output))


def _pad(network: Network, operator: FileOperator) -> Operator:
    """Of height and width of a map with zeros; refused: batch and channels.

    paddings: int32 or int64 [4, 2], before and after each of batch, height, width, channels.
    """
    source, output = network.input(operator), network.output(operator)
    paddings = network.constant(operator, 1, tflite.TensorType.INT32, tflite.TensorType.INT64)
    if paddings.shape != (_MAP_RANK, 2):
        raise operator.unsupported(f"pads {paddings.shape[:1]} dimensions; maps of 4 dimensions are supported")
    if np.any(paddings < 0):
        raise operator.damaged(f"its paddings are negative: {paddings.tolist()}")
    if np.any(paddings[[0, 3]]):
        raise operator.unsupported("pads batch or channels; height and width are supported")
    top, bottom, left, right = (int(size) for size in paddings[1:3].reshape(-1))
    return Pad(**network.operator_fields(operator, (source,), output), padding=(top, bottom, left, right))


def _pad_value(network: Network, operator: FileOperator) -> Operator:
    """As PAD; refused: values other than zero."""
    output, unsigned = network.output(operator), network.is_unsigned(operator)
    values = network.constant(operator, 2, tflite.TensorType.UINT8 if unsigned else tflite.TensorType.INT8)
    if values.size != 1 or int(values.reshape(-1)[0]) - (128 if unsigned else 0) != output.zero_point:
        raise operator.unsupported("pads with a value other than zero; zero padding is supported")
    return _pad(network, operator)


RESHAPE = Handler(_reshape, inputs=(1, 2), unsigned=True)
SQUEEZE = Handler(_squeeze, unsigned=True)
PAD = Handler(_pad, inputs=(2, 2), unsigned=True)
PAD_VALUE = Handler(_pad_value, inputs=(3, 3), unsigned=True)
