"""Softmax and LogSoftmax over the channels of a vector, or of every position of a map."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mcugen import ir
from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import SoftmaxNormalization, log_softmax_tables, softmax_exponentials_single
from mcugen.frontend.onnx.arithmetic import lookup_table
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import Pending, Real, Value
from mcugen.ir.operators.log_softmax import LogSoftmax

_PROBABILITIES = (1 / 256, -128)
_LOGARITHMS = (1 / 16, 127)
_AXIS_DEFAULT_CHANGED = 13


def softmax(context: Context, node: Node) -> Value:
    """Softmax of a vector, or over the channels of a map.

    Its own scale is 1/256, zero point -128; another one follows through a table. Raises UnsupportedModelError where it
    is over other axes.
    """
    source = _source(context, node)

    def operator(**fields: Any) -> ir.Operator:
        exponentials = softmax_exponentials_single(source.tensor.scale, 1.0)
        return ir.Softmax(**fields, exponentials=exponentials, normalization=SoftmaxNormalization.DIVIDE)

    return _normalized(context, node, source, _PROBABILITIES, operator)


def log_softmax(context: Context, node: Node) -> Value:
    """LogSoftmax, as Softmax; its own scale is 1/16, zero point 127."""
    source = _source(context, node)

    def operator(**fields: Any) -> ir.Operator:
        try:
            return LogSoftmax(**fields, tables=log_softmax_tables(source.tensor.scale))
        except ValueError as error:
            raise UnsupportedModelError(f"{node}: {error}", "quantize with other images, or end before it") from error

    return _normalized(context, node, source, _LOGARITHMS, operator)


def _source(context: Context, node: Node) -> Real:
    """What a normalization reads. Raises UnsupportedModelError where it is not over all channels, and them alone."""
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
            f"supported: {node.op_type} over the classes of (1, classes) or over the channels of a map",
        )
    return source


def _normalized(
    context: Context, node: Node, source: Real, natural: tuple[float, int], operator: Callable[..., ir.Operator]
) -> Pending:
    """What `operator` makes of the fields of one, in its natural scale and zero point; others follow by a table."""

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        direct = (output.scale, output.zero_point) == natural
        direct = direct and (minimum, maximum) == (output.qmin, output.qmax)
        target = output
        if not direct:
            name = f"{node.outputs[0]}_{'probabilities' if natural == _PROBABILITIES else 'logarithms'}"
            target = context.new_tensor(node, name, output.shape, *natural)
        name = context.operator_name(node)
        fields = {"name": name, "inputs": (source.tensor.name,), "output": target.name, "source": str(node)}
        context.emit(operator(**fields, source_index=node.index))
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

    return Pending(source.view, node, finish, natural=natural)
