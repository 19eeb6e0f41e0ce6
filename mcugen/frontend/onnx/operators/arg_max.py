"""ArgMax over channels, as an output of the model."""

from __future__ import annotations

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.lowering import NodeLowering
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.maps import CHANNELS, as_map, graph_axis
from mcugen.frontend.onnx.values import Real, Stored, Value, View
from mcugen.ir.operators.arg_max import LARGEST_CLASSES, ArgMax

_FIRST_NUMBER = -128


def arg_max(context: Context, node: Node) -> Value:
    """ArgMax over the channels of a vector or of every position of a map, up to 256, where the model ends with it.

    Integers of one scale are in the order of what they stand for, so quantized values are taken as they are.
    """
    value = context.value(node, 0)
    if isinstance(value, Stored):
        value = Real(value.view, value.tensor, value.dtype)
    source = as_map(context, node, value if isinstance(value, Real) else context.real(node, 0))
    axis, dims = node.integer("axis", 0), source.view.dims
    if node.integer("select_last_index", 0) != 0:
        raise UnsupportedModelError(f"{node}: the last of equal values", "supported: select_last_index 0")
    if graph_axis(node, source.view, axis) != CHANNELS:
        raise UnsupportedModelError(f"{node}: along axis {axis} of shape {dims}", "supported: along channels")
    height, width, channels = source.tensor.shape
    if channels > LARGEST_CLASSES:
        raise UnsupportedModelError(
            f"{node}: of {channels} channels, more than {LARGEST_CLASSES}",
            "end the model with the scores and look for the largest in your code",
        )
    output = context.new_tensor(node, node.outputs[0], (height, width, 1), 1.0, _FIRST_NUMBER)
    context.emit(ArgMax(**NodeLowering(context, node, output).fields((source.tensor,), output), offset=_FIRST_NUMBER))
    kept = node.integer("keepdims", 1) != 0
    place = axis % len(dims)
    left = (*dims[:place], *((1,) if kept else ()), *dims[place + 1 :])
    return Stored(View(output.shape, left, source.view.order), output, "int64")
