"""Mul and Div."""

from __future__ import annotations

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.arithmetic import requantization
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.activation import applied, combined
from mcugen.frontend.onnx.operators.affine import affine, as_column, per_channel
from mcugen.frontend.onnx.operators.maps import pair
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
            return _by_constant(context, node, position, constant, np.multiply)
    together = combined(context, node, np.multiply)
    if together is not None:
        return together
    first, second, view = pair(context, node)

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        scales = np.array([first.tensor.scale * second.tensor.scale])
        rescale = requantization(node, scales, output, minimum, maximum)
        if _LARGEST << max(int(rescale.shift[0]), 0) >= _INT32:
            raise UnsupportedModelError(
                f"{node}: the output's scale {output.scale:g} is too small beside those of its inputs",
                "quantize again with data that uses the whole range of this layer's output",
            )
        context.emit(
            Mul(
                name=context.operator_name(node),
                inputs=(first.tensor.name, second.tensor.name),
                output=output.name,
                source=str(node),
                source_index=node.index,
                requantization=rescale,
            )
        )

    square = FunctionOfOne(first, np.square) if first.tensor is second.tensor and first.view == second.view else None
    return Pending(view, node, finish, of_one=square)


def division(context: Context, node: Node) -> Value:
    """Div of a map by a constant per channel, by the lengths of its vectors, and in float32 of two functions of each
    value of one map."""
    divisor = context.value(node, 1)
    if isinstance(divisor, Constant | QuantizedConstant):
        return _by_constant(context, node, 0, divisor, np.divide)
    together = divided_by_length(context, node) or combined(context, node, _quotient)
    if together is None:
        raise UnsupportedModelError(
            f"{node}: by what the image decides",
            "supported: division by constants, and by the length of the vector that is divided (LpNormalization)",
        )
    return together


def _quotient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What a divisor of 0 gives is not a number, and counts as 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(x / y, posinf=np.inf, neginf=-np.inf)


def _by_constant(
    context: Context, node: Node, position: int, constant: Constant | QuantizedConstant, of_two: np.ufunc
) -> Pending:
    """of_two: np.multiply or np.divide."""
    value = context.value(node, position)
    if not isinstance(value, Real | Pending):
        value = context.real(node, position)
    constants = per_channel(node, value.view, constant)
    if of_two is np.divide and np.any(constants == 0):
        raise ModelFormatError(f"{node}: by zero")
    if isinstance(value, Real):
        return affine(context, node, value, constants if of_two is np.multiply else 1 / constants)
    column = as_column(constants.astype(np.float32))
    return applied(context, node, position, lambda x: of_two(x, column))
