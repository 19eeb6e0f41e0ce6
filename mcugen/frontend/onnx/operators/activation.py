"""Relu and Clip: bounds of the layer before them, or a table where they stand alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError
from mcugen.frontend.onnx.arithmetic import lookup_table
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import Pending, Real, Value


def relu(context: Context, node: Node) -> Value:
    """Relu."""
    return _bounded(context, node, 0.0, math.inf)


def clip(context: Context, node: Node) -> Value:
    """Clip, bounds as inputs or (before opset 11) attributes; a missing one does not bound."""
    low = _bound(context, node, 1, "min", -math.inf)
    high = _bound(context, node, 2, "max", math.inf)
    if low > high:
        raise ModelFormatError(f"{node}: its bounds are {low} and {high}")
    return _bounded(context, node, low, high)


def _bound(context: Context, node: Node, position: int, name: str, missing: float) -> float:
    if node.has_input(position):
        values = context.constant(node, position, name).reshape(-1)
        if values.size != 1:
            raise ModelFormatError(f"{node}: its {name} is not one number")
        value = float(values[0])
    else:
        value = node.real(name, missing)
    if math.isnan(value):
        raise ModelFormatError(f"{node}: its {name} is not a number")
    return value


def _bounded(context: Context, node: Node, low: float, high: float) -> Value:
    value = context.value(node, 0)
    if isinstance(value, Pending):
        bounds = (min(max(bound, low), high) for bound in (value.low, value.high))
        return replace(value, low=next(bounds), high=next(bounds), with_bias=None, natural=None)
    source = context.real(node, 0)
    return elementwise(context, node, source, low, high)


def elementwise(
    context: Context,
    node: Node,
    source: Real,
    low: float = -math.inf,
    high: float = math.inf,
    function: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Pending:
    """A function (float32 to float32, None for a mere change of scale) and a clamp on their own: an ir.Lookup."""

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        context.emit(
            ir.Lookup(
                name=context.operator_name(node),
                inputs=(source.tensor.name,),
                output=output.name,
                source=str(node),
                source_index=node.index,
                table=lookup_table(source.tensor, output, minimum, maximum, function),
            )
        )

    return Pending(source.view, node, finish, low, high)
