"""Softmax over the channels of a vector, or of every position of a map."""

from __future__ import annotations

import math

from mcugen import ir
from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import SoftmaxNormalization, softmax_exponentials_single
from mcugen.frontend.onnx.arithmetic import lookup_table
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import Pending, Value

_SCALE, _ZERO_POINT = 1 / 256, -128
_AXIS_DEFAULT_CHANGED = 13


def softmax(context: Context, node: Node) -> Value:
    """Softmax of a vector, or over the channels of a map.

    Its own scale is 1/256, zero point -128; another one follows through a table. Raises UnsupportedModelError where it
    is over other axes.
    """
    source = context.real(node, 0)
    dims = source.view.dims
    flattens = context.opset < _AXIS_DEFAULT_CHANGED
    axis = node.integer("axis", 1 if flattens else -1)
    axis += len(dims) if axis < 0 else 0
    covered = math.prod(dims[axis:]) if flattens else math.prod(dims[axis : axis + 1])
    of_vector = source.tensor.shape[:2] == (1, 1) and 0 <= axis < len(dims) and covered == source.tensor.channels
    if not of_vector and not (axis == source.view.channel_axis and covered == source.tensor.channels):
        raise UnsupportedModelError(
            f"{node}: over axis {axis} of shape {dims}",
            "supported: Softmax over the classes of (1, classes) or over the channels of a map",
        )

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        direct = (output.scale, output.zero_point) == (_SCALE, _ZERO_POINT)
        direct = direct and (minimum, maximum) == (output.qmin, output.qmax)
        target = output
        if not direct:
            name = f"{node.outputs[0]}_probabilities"
            target = context.new_tensor(node, name, output.shape, _SCALE, _ZERO_POINT)
        context.emit(
            ir.Softmax(
                name=context.operator_name(node),
                inputs=(source.tensor.name,),
                output=target.name,
                source=str(node),
                source_index=node.index,
                exponentials=softmax_exponentials_single(source.tensor.scale, 1.0),
                normalization=SoftmaxNormalization.DIVIDE,
            )
        )
        if not direct:
            table = lookup_table(target, output, minimum, maximum)
            context.emit(
                ir.Lookup(
                    name=context.operator_name(node, "scale"),
                    inputs=(target.name,),
                    output=output.name,
                    source=str(node),
                    table=table,
                )
            )

    return Pending(source.view, node, finish, natural=(_SCALE, _ZERO_POINT))
