"""Relu and Clip: bounds of the layer before them, or a table where they stand alone."""

from __future__ import annotations

import math
from dataclasses import replace

from mcugen.diagnostics import ModelFormatError
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.one_value import elementwise
from mcugen.frontend.onnx.values import Pending, Value


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
