"""TRANSPOSE."""

from __future__ import annotations

import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.moves import require_one_quantization
from mcugen.ir import Operator, Reshape
from mcugen.ir.operators.transpose import Transpose

_AXES = 3


def _transpose(network: Network, operator: FileOperator) -> Operator:
    """Of maps, lists and vectors, with the axes in any order, NCHW to NHWC and back among them."""
    source, output = network.input(operator), network.output(operator)
    require_one_quantization(operator, source, output)
    shape = network.shape(network.file_tensor(operator, operator.input(0)))
    order = network.constant(operator, 1, tflite.TensorType.INT32).reshape(-1).tolist()
    if sorted(order) != list(range(len(shape))):
        raise operator.damaged(f"its order {order} does not name each of {len(shape)} axes once")
    axes = _of_the_graph(order)
    if tuple(source.shape[axis] for axis in axes) != output.shape:
        raise operator.damaged(f"makes {output.shape} of {source.shape} by order {order}")
    fields = network.operator_fields(operator, (source,), output)
    moved = [axis for axis in axes if source.shape[axis] > 1]
    if moved == sorted(moved):
        return Reshape(**fields)
    return Transpose(**fields, axes=axes)


def _of_the_graph(order: list[int]) -> tuple[int, int, int]:
    """The order of the graph's axes for one of a file's tensor.

    Where another axis takes the place of the batch, both have one element, and either stands for the other.
    """
    first, *others = order
    if len(order) > _AXES:
        # Without the batch.
        axes = [(first if axis == 0 else axis) - 1 for axis in others]
    else:
        lead = _AXES - len(order)
        axes = [*range(lead), *(axis + lead for axis in order)]
    return axes[0], axes[1], axes[2]


TRANSPOSE = Handler(_transpose, inputs=(2, 2), unsigned=True)
