"""RESHAPE, SQUEEZE, EXPAND_DIMS: the same elements in another shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.copies import copies
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.ir import Operator, Reshape


def _reshape(network: Network, operator: FileOperator) -> Operator | Sequence[Operator]:
    """To any constant shape, one -1 included, and to what SHAPE, STRIDED_SLICE and PACK compute.

    The second input decides the shape, and the output's own shape in files without one.
    """
    if operator.elements is not None:
        return copies(network, operator, operator.elements)
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


def _expand_dims(network: Network, operator: FileOperator) -> Operator:
    """At any axis but before the batch."""
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


RESHAPE = Handler(_reshape, inputs=(1, 2), unsigned=True)
SQUEEZE = Handler(_squeeze, unsigned=True)
EXPAND_DIMS = Handler(_expand_dims, inputs=(2, 2), unsigned=True)
