"""Add and Sub."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen import ir
from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import add_single_rounding
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.affine import affine, as_column, per_channel
from mcugen.frontend.onnx.operators.maps import pair
from mcugen.frontend.onnx.operators.one_value import applied, combined, function_of_one
from mcugen.frontend.onnx.values import Constant, Pending, QuantizedConstant, Value


def addition(context: Context, node: Node) -> Value:
    """Add of two dequantized maps, a row or vector repeated over a map, or of a map (or unfinished layer) and a
    constant per channel."""
    first, second = context.value(node, 0), context.value(node, 1)
    if isinstance(second, Constant | QuantizedConstant):
        return _with_constant(context, node, first, second, 0, 1)
    if isinstance(first, Constant | QuantizedConstant):
        return _with_constant(context, node, second, first, 1, 1)
    return combined(context, node, np.add) or _of_maps(context, node, difference=False)


def subtraction(context: Context, node: Node) -> Value:
    """Sub, as Add."""
    first, second = context.value(node, 0), context.value(node, 1)
    if isinstance(second, Constant | QuantizedConstant):
        return _with_constant(context, node, first, second, 0, -1)
    if isinstance(first, Constant | QuantizedConstant):
        if function_of_one(second) is not None and isinstance(second, Pending):
            minuend = as_column(per_channel(node, second.view, first).astype(np.float32))
            return applied(context, node, 1, lambda x: minuend - x)
        source = context.real(node, 1)
        addend = per_channel(node, source.view, first)
        return affine(context, node, source, np.full(len(addend), -1.0), addend)
    return combined(context, node, np.subtract) or _of_maps(context, node, difference=True)


def _of_maps(context: Context, node: Node, *, difference: bool) -> Pending:
    first, second, view = pair(context, node)

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        scales = (first.scale, second.scale, output.scale)
        zero_points = (first.zero_point, second.zero_point, output.zero_point)
        try:
            arithmetic = add_single_rounding(scales, zero_points, minimum, maximum)
        except ValueError as error:
            raise UnsupportedModelError(f"{node}: {error}") from error
        context.emit(
            ir.Add(
                name=context.operator_name(node),
                inputs=(first.name, second.name),
                output=output.name,
                source=str(node),
                source_index=node.index,
                arithmetic=arithmetic.of_difference() if difference else arithmetic,
            )
        )

    return Pending(view, node, finish)


def _with_constant(
    context: Context, node: Node, value: Value, constant: Constant | QuantizedConstant, position: int, sign: int
) -> Pending:
    if isinstance(value, Pending) and value.with_bias is not None:
        bias = sign * per_channel(node, value.view, constant)
        return replace(value.with_bias(bias), view=value.view)
    if isinstance(value, Pending) and function_of_one(value) is not None:
        column = as_column((sign * per_channel(node, value.view, constant)).astype(np.float32))
        return applied(context, node, position, lambda x: x + column)
    source = context.real(node, position)
    addend = sign * per_channel(node, source.view, constant)
    return affine(context, node, source, np.ones(len(addend)), addend)
