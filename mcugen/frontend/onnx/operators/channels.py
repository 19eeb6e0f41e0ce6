"""Gather and channel shuffle: channels of a map in another order; elements of constant lists."""

from __future__ import annotations

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.dense_weights import of_channels
from mcugen.frontend.onnx.arithmetic import requantization
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators import constants
from mcugen.frontend.onnx.operators.maps import CHANNELS, as_map, graph_axis
from mcugen.frontend.onnx.values import Real, Value, View


def gather(context: Context, node: Node) -> Value:
    """Gather of channels of a map by a constant list of indices, and from constant lists."""
    value = context.value(node, 0)
    if not isinstance(value, Real):
        return constants.gather(context, node)
    source = as_map(context, node, value)
    axis = node.integer("axis", 0)
    indices = context.constant(node, 1, "the indices").astype(np.int64)
    if graph_axis(node, source.view, axis) != CHANNELS or indices.ndim != 1:
        raise UnsupportedModelError(
            f"{node}: indices of shape {indices.shape} along axis {axis} of shape {source.view.dims}",
            "supported: a list of channels; take parts of height and width with Slice",
        )
    channels = source.tensor.channels
    indices = np.where(indices < 0, indices + channels, indices)
    if indices.size == 0 or indices.min() < 0 or indices.max() >= channels:
        raise ModelFormatError(f"{node}: indices {indices.tolist()} of {channels} channels")
    output = selected(context, node, source.tensor, indices, node.outputs[0])
    dims = list(source.view.dims)
    dims[axis] = len(indices)
    return Real(View(output.shape, tuple(dims), source.view.order), output, source.dtype)


def shuffled(context: Context, node: Node, permuted: tuple[int, ...]) -> Value:
    """Transpose of two axes into which a map's channels were split, (1, groups, channels of one, ...), so that each
    group has a channel of every other one behind it. permuted: the shape of the result."""
    source = context.real(node, 0)
    members, groups = permuted[1:3]
    channels = source.tensor.channels
    if groups * members != channels:
        raise UnsupportedModelError(
            f"{node}: of shape {source.view.dims} moves elements", "supported: channel shuffle, groups of all channels"
        )
    order = np.arange(channels).reshape(groups, members).T.reshape(-1)
    output = selected(context, node, source.tensor, order, node.outputs[0])
    return Real(View(output.shape, permuted, source.view.order), output, source.dtype)


def selected(context: Context, node: Node, source: ir.Tensor, order: np.ndarray, name: str) -> ir.Tensor:
    """A new tensor of the channels order[0], order[1], ... of a map: a pointwise convolution with one weight, 1, for
    each."""
    weights = of_channels(order, source.channels, lambda what, hint: UnsupportedModelError(f"{node}: {what}", hint))
    shape = (*source.shape[:2], len(order))
    output = context.new_tensor(node, name, shape, source.scale, source.zero_point)
    context.emit(
        ir.Conv2D(
            name=context.operator_name(node, "" if name == node.outputs[0] else "channels"),
            inputs=(source.name,),
            output=output.name,
            source=str(node),
            source_index=node.index if name == node.outputs[0] else None,
            weights=weights,
            bias=np.zeros(len(order), np.int32),
            window=ir.Window(kernel=(1, 1)),
            requantization=requantization(node, np.array([source.scale]), output, output.qmin, output.qmax),
        )
    )
    return output
