"""Pad with zeros around a map."""

from __future__ import annotations

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import Real, Value, View

_LARGEST = 1 << 16


def pad(context: Context, node: Node) -> Value:
    """Pad of height and width with the constant 0. Raises UnsupportedModelError for anything else."""
    source = context.map(node, 0)
    if node.text("mode", "constant") != "constant":
        raise UnsupportedModelError(f"{node}: mode {node.text('mode', '')}", "supported: constant padding with 0")
    if node.has_input(3):
        raise UnsupportedModelError(f"{node}: padding of chosen axes", "give pads for all four axes")
    if node.has_input(1):
        pads = tuple(int(p) for p in context.constant(node, 1, "the padding").reshape(-1))
    else:
        pads = node.integers("pads", ()) or ()
    value = context.constant(node, 2, "the value") if node.has_input(2) else np.float32(node.real("value", 0.0))
    if np.any(np.asarray(value) != 0):
        raise UnsupportedModelError(f"{node}: pads with {value}", "supported: padding with 0")
    if len(pads) != 8 or max(pads) > _LARGEST:
        raise ModelFormatError(f"{node}: its pads are {pads}, not two for each of four axes")
    if pads[0] or pads[1] or pads[4] or pads[5] or min(pads) < 0:
        raise UnsupportedModelError(f"{node}: pads {pads}", "supported: padding of height and width, not negative")
    return emit_pad(context, node, source, (pads[2], pads[6], pads[3], pads[7]), "")


def emit_pad(context: Context, node: Node, source: Real, padding: tuple[int, int, int, int], suffix: str) -> Real:
    """Writes an ir.Pad. padding: (top, bottom, left, right). suffix: set where the pad is a part of the node."""
    top, bottom, left, right = padding
    height, width, channels = source.tensor.shape
    shape = (height + top + bottom, width + left + right, channels)
    name = f"{node.outputs[0]}_{suffix}" if suffix else node.outputs[0]
    output = context.new_tensor(node, name, shape, source.tensor.scale, source.tensor.zero_point)
    context.emit(
        ir.Pad(
            name=context.operator_name(node, suffix),
            inputs=(source.tensor.name,),
            output=output.name,
            source=str(node),
            source_index=None if suffix else node.index,
            padding=padding,
        )
    )
    return Real(View.of_map(shape), output, source.dtype)
