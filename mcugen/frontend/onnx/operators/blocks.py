"""DepthToSpace and SpaceToDepth."""

from __future__ import annotations

import numpy as np

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.blocks import gather_blocks, require_block, spread_blocks
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.lowering import NodeLowering
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.channels import selected
from mcugen.frontend.onnx.values import Real, Value, View


def depth_to_space(context: Context, node: Node) -> Value:
    """DepthToSpace of a map in blocks of any size, mode DCR or CRD."""
    source = context.map(node, 0)
    size, mode = _size(node), node.text("mode", "DCR")
    if mode not in ("DCR", "CRD"):
        raise UnsupportedModelError(f"{node}: mode {mode}", "supported: DCR and CRD")
    height, width, channels = source.tensor.shape
    if channels % (size * size):
        raise ModelFormatError(f"{node}: {channels} channels in blocks of {size}")
    deep, of_pixel = source.tensor, channels // (size * size)
    if mode == "CRD" and of_pixel > 1:
        # [channel, row, column] to [row, column, channel].
        order = np.arange(channels).reshape(of_pixel, -1).T.reshape(-1)
        deep = selected(context, node, deep, order, f"{node.outputs[0]}_blocks")
    shape = (height * size, width * size, of_pixel)
    output = context.new_tensor(node, node.outputs[0], shape, deep.scale, deep.zero_point)
    for operator in spread_blocks(NodeLowering(context, node, output), deep, output, (size, size)):
        context.emit(operator)
    return Real(View.of_map(shape), output, source.dtype)


def space_to_depth(context: Context, node: Node) -> Value:
    """SpaceToDepth of a map in blocks of any size that divides it."""
    source = context.map(node, 0)
    size = _size(node)
    height, width, channels = source.tensor.shape
    if height % size or width % size:
        raise ModelFormatError(f"{node}: {height}x{width} in blocks of {size}")
    shape = (height // size, width // size, channels * size * size)
    output = context.new_tensor(node, node.outputs[0], shape, source.tensor.scale, source.tensor.zero_point)
    for operator in gather_blocks(NodeLowering(context, node, output), source.tensor, output, size):
        context.emit(operator)
    return Real(View.of_map(shape), output, source.dtype)


def _size(node: Node) -> int:
    size = node.integer("blocksize", 0)
    if size < 1:
        raise ModelFormatError(f"{node}: a block of {size}")
    require_block(size, lambda what, hint: UnsupportedModelError(f"{node}: {what}", hint))
    return size
