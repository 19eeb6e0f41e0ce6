"""Mul and Div."""

from __future__ import annotations

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.arithmetic import requantization
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.affine import affine, per_channel
from mcugen.frontend.onnx.operators.maps import pair
from mcugen.frontend.onnx.values import Constant, Pending, QuantizedConstant, Value
from mcugen.ir.operators.mul import Mul

_LARGEST = 255 * 255
_INT32 = 1 << 31


def multiplication(context: Context, node: Node) -> Value:
    """Mul of two dequantized maps, of a map and a row or vector repeated over it (squeeze and excite), or of a map and
    a constant per channel; an Add of a constant may follow."""
    for position, other in ((0, 1), (1, 0)):
        constant = context.value(node, other)
        if isinstance(constant, Constant | QuantizedConstant):
            source = context.real(node, position)
            return affine(context, node, source, per_channel(node, source.view, constant))
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

    return Pending(view, node, finish)


def division(context: Context, node: Node) -> Value:
    """Div of a map by a constant per channel."""
    divisor = context.value(node, 1)
    if not isinstance(divisor, Constant | QuantizedConstant):
        raise UnsupportedModelError(f"{node}: by what the image decides", "supported: division by constants")
    source = context.real(node, 0)
    values = per_channel(node, source.view, divisor)
    if np.any(values == 0):
        raise ModelFormatError(f"{node}: by zero")
    return affine(context, node, source, 1 / values)
