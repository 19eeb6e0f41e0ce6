"""Max and Min."""

from __future__ import annotations

from functools import partial

import numpy as np

from mcugen import ir
from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.affine import per_channel
from mcugen.frontend.onnx.operators.maps import pair, rescaled
from mcugen.frontend.onnx.operators.one_value import elementwise
from mcugen.frontend.onnx.values import Constant, Pending, QuantizedConstant, Value
from mcugen.ir.operators.extremum import Extremum


def maximum(context: Context, node: Node) -> Value:
    """Max of two maps, or of a map and a constant per channel."""
    return _extremum(context, node, largest=True)


def minimum(context: Context, node: Node) -> Value:
    """Min, as Max."""
    return _extremum(context, node, largest=False)


def _extremum(context: Context, node: Node, *, largest: bool) -> Value:
    if len(node.inputs) != 2:
        raise UnsupportedModelError(f"{node}: of {len(node.inputs)} inputs", "supported: two")
    choose = np.maximum if largest else np.minimum
    for position, other in ((0, 1), (1, 0)):
        constant = context.value(node, other)
        if isinstance(constant, Constant | QuantizedConstant):
            source = context.real(node, position)
            bounds = per_channel(node, source.view, constant).astype(np.float32)
            column = bounds[0] if np.all(bounds == bounds[0]) else bounds[:, None]
            return elementwise(context, node, source, function=partial(choose, column))
    first, second, view = pair(context, node)

    def finish(output: ir.Tensor, low: int, high: int) -> None:
        # The larger of two rounded values is the larger one rounded.
        tensors = [rescaled(context, node, each, output, low, high) for each in (first, second)]
        context.emit(
            Extremum(
                name=context.operator_name(node),
                inputs=(tensors[0].name, tensors[1].name),
                output=output.name,
                source=str(node),
                source_index=node.index,
                largest=largest,
            )
        )

    return Pending(view, node, finish)
