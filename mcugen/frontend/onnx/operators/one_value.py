"""What is computed value by value from one tensor: a table, and functions in float32 that become one table together."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from mcugen import ir
from mcugen.frontend.onnx.arithmetic import lookup_table
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import FunctionOfOne, Pending, Real, Value

Function = Callable[[np.ndarray], np.ndarray]
"""float32 to float32, as that of `FunctionOfOne`."""


def elementwise(
    context: Context,
    node: Node,
    source: Real,
    low: float = -math.inf,
    high: float = math.inf,
    function: Function | None = None,
) -> Pending:
    """A function (None for a mere change of scale) and a clamp on their own: an ir.Lookup."""

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

    of_one = FunctionOfOne(source, function if function is not None else _as_it_is)
    return Pending(source.view, node, finish, low, high, of_one=of_one)


def function_of_one(value: Value) -> FunctionOfOne | None:
    """What a value is of the one tensor that it is computed from value by value, None where it is not."""
    if isinstance(value, Real):
        return FunctionOfOne(value, _as_it_is)
    if not isinstance(value, Pending) or value.of_one is None:
        return None
    source, function = value.of_one.source, value.of_one.function
    if value.view != source.view:
        return None
    bounds = value.low, value.high
    return FunctionOfOne(source, lambda x: np.clip(function(x), *bounds))


def applied(context: Context, node: Node, position: int, function: Function) -> Pending:
    """A function of an input, together with those in float32 that made the input. Raises UnsupportedModelError where
    the input is neither dequantized nor such a function."""
    inner = function_of_one(context.value(node, position))
    if inner is None:
        return elementwise(context, node, context.real(node, position), function=function)
    before = inner.function
    return elementwise(context, node, inner.source, function=lambda x: function(before(x)))


def combined(context: Context, node: Node, of_two: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Pending | None:
    """A function of two inputs, both functions of each value of one tensor and one of them in float32, as x *
    sigmoid(x): a function of it. None where they are not."""
    values = [context.value(node, position) for position in range(2)]
    first, second = map(function_of_one, values)
    if first is None or second is None or first.source.tensor.name != second.source.tensor.name:
        return None
    if first.source.view != second.source.view or not any(isinstance(value, Pending) for value in values):
        return None
    left, right = first.function, second.function
    return elementwise(context, node, first.source, function=lambda x: of_two(left(x), right(x)))


def _as_it_is(x: np.ndarray) -> np.ndarray:
    return x
