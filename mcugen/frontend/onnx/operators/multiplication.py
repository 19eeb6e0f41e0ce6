"""Mul and Div."""

from __future__ import annotations

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.arithmetic import requantization
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.affine import affine, as_column, per_channel
from mcugen.frontend.onnx.operators.maps import pair
from mcugen.frontend.onnx.operators.one_value import applied, combined
from mcugen.frontend.onnx.operators.unit_length import divided_by_length
from mcugen.frontend.onnx.values import Constant, FunctionOfOne, Pending, QuantizedConstant, Real, Value
from mcugen.ir.operators.mul import Mul

_LARGEST = 255 * 255
_INT32 = 1 << 31


def multiplication(context: Context, node: Node) -> Value:
    """Mul of two dequantized maps, of a map and a row or vector repeated over it (squeeze and excite), or of a map and
    a constant per channel; an Add of a constant may follow."""
    for position, other in ((0, 1), (1, 0)):
        constant = context.value(node, other)
        if isinstance(constant, Constant | QuantizedConstant):
            return _multiplied(context, node, position, constant)
    together = combined(context, node, np.multiply)
    if together is not None:
        return together
    first, second, view = pair(context, node)

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        scales = np.array([first.scale * second.scale])
        rescale = requantization(node, scales, output, minimum, maximum)
        if _LARGEST << max(int(rescale.shift[0]), 0) >= _INT32:
            raise UnsupportedModelError(
                f"{node}: the output's scale {output.scale:g} is too small beside those of its inputs",
                "quantize again with data that uses the whole range of this layer's output",
            )
        context.emit(
            Mul(
                name=context.operator_name(node),
                inputs=(first.name, second.name),
                output=output.name,
                source=str(node),
                source_index=node.index,
                requantization=rescale,
            )
        )

    square = FunctionOfOne(context.real(node, 0), np.square) if first is second else None
    return Pending(view, node, finish, of_one=square)


def division(context: Context, node: Node) -> Value:
    """Div of a map by a constant per channel, by the lengths of its vectors, and in float32 of two functions of each
    value of one map."""
    divisor = context.value(node, 1)
    if isinstance(divisor, Constant | QuantizedConstant):
        return _divided(context, node, divisor)
    together = divided_by_length(context, node) or combined(context, node, np.divide)
    if together is None:
        raise UnsupportedModelError(
            f"{node}: by what the image decides",
            "supported: division by constants, and by the length of the vector that is divided (LpNormalization)",
        )
    return together


def _multiplied(context: Context, node: Node, position: int, constant: Constant | QuantizedConstant) -> Pending:
    value = _real_or_pending(context, node, position)
    factors = per_channel(node, value.view, constant)
    if isinstance(value, Real):
        return affine(context, node, value, factors)
    column = as_column(factors.astype(np.float32))
    return applied(context, node, position, lambda x: x * column)


def _divided(context: Context, node: Node, constant: Constant | QuantizedConstant) -> Pending:
    value = _real_or_pending(context, node, 0)
    divisors = per_channel(node, value.view, constant)
    if np.any(divisors == 0):
        raise ModelFormatError(f"{node}: by zero")
    if isinstance(value, Real):
        return affine(context, node, value, 1 / divisors)
    column = as_column(divisors.astype(np.float32))
    return applied(context, node, 0, lambda x: x / column)


def _real_or_pending(context: Context, node: Node, position: int) -> Real | Pending:
    value = context.value(node, position)
    return value if isinstance(value, Pending) else context.real(node, position)
