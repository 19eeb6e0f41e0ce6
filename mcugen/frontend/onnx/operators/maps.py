"""Feature maps as the operators that join, cut and combine them see them: axes of the graph, pairs that fit."""

from __future__ import annotations

import math

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.arithmetic import lookup_table
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import Real, Shape, View
from mcugen.ir.operators.repeat_channel import RepeatChannel

HEIGHT, WIDTH, CHANNELS = range(3)
_AXES = {"CHW": {1: CHANNELS, 2: HEIGHT, 3: WIDTH}, "HWC": {1: HEIGHT, 2: WIDTH, 3: CHANNELS}}
_LIST_RANK = 3


def as_map(context: Context, node: Node, value: Real) -> Real:
    """The value with a view in which each of its dims but the batch is one axis of the graph.

    A list (1, n, c) or a vector (1, c) whose elements lie as in memory is a map of one row. Raises
    UnsupportedModelError for others.
    """
    dims = value.view.dims
    if value.view.channel_axis is not None:
        return value
    if len(dims) == 4 and dims[0] == 1 and value.view.size == max(dims):
        # A vector, whatever its order was: its channels stand where the dims say.
        order = "CHW" if dims[1] == value.view.size else "HWC"
        shape = (dims[2], dims[3], dims[1]) if order == "CHW" else (dims[1], dims[2], dims[3])
        return context.reshaped(node, value, View(shape, dims, order))
    if len(dims) <= _LIST_RANK and dims[:1] == (1,) and value.view.keeps_memory_order:
        row = (1, 1, *dims[1:])[-_LIST_RANK:]
        return context.reshaped(node, value, View((row[0], row[1], row[2]), dims, "HWC"))
    raise UnsupportedModelError(
        f"{node}: an input of shape {dims}, whose elements do not lie as those of a map",
        "supported: maps (1, channels, height, width), and lists (1, n, channels) transposed from (1, height, width,"
        " channels)",
    )


def graph_axis(node: Node, view: View, axis: int) -> int:
    """The graph's axis (height, width or channels) of an axis of a view that `as_map` made."""
    rank = len(view.dims)
    if not -rank <= axis < rank:
        raise ModelFormatError(f"{node}: axis {axis} of shape {view.dims}")
    place = axis % rank
    if place == 0:
        raise UnsupportedModelError(f"{node}: along the batch", "export the model for a batch of 1")
    return _AXES[view.order][place] if rank > _LIST_RANK else place - rank + len(_AXES["HWC"])


def pair(context: Context, node: Node) -> tuple[ir.Tensor, ir.Tensor, View]:
    """Two maps that are combined element by element, and the view of the result; the smaller one may be repeated over
    height and width, or over channels. Raises UnsupportedModelError where they do not fit."""
    first, second = context.real(node, 0), context.real(node, 1)
    if first.view.dims == second.view.dims:
        return first.tensor, context.reshaped(node, second, first.view).tensor, first.view
    first, second = as_map(context, node, first), as_map(context, node, second)
    shapes = (first.view.shape, second.view.shape)
    height, width, channels = (max(sizes) for sizes in zip(*shapes, strict=True))
    fits = all(
        one[CHANNELS] in (1, channels) and one[HEIGHT] in (1, height) and one[WIDTH] in (1, width) for one in shapes
    )
    ranks = {len(first.view.dims), len(second.view.dims)}
    if not fits or first.view.order != second.view.order or len(ranks) != 1:
        raise UnsupportedModelError(
            f"{node}: shapes {first.view.dims} and {second.view.dims}",
            "supported: two maps of the same shape, and a map with a row, a vector or a single channel",
        )
    dims = tuple(max(sizes) for sizes in zip(first.view.dims, second.view.dims, strict=True))
    left, right = (_with_channels(context, node, one.tensor, channels) for one in (first, second))
    return left, right, View((height, width, channels), dims, first.view.order)


def _with_channels(context: Context, node: Node, source: ir.Tensor, channels: int) -> ir.Tensor:
    """The map, its only channel repeated where it has one and there are more."""
    if source.channels == channels:
        return source
    shape = (source.height, source.width, channels)
    name = f"{node.outputs[0]}_repeated"
    output = context.new_tensor(node, name, shape, source.scale, source.zero_point)
    context.emit(
        RepeatChannel(
            name=context.operator_name(node, "repeat"), inputs=(source.name,), output=output.name, source=str(node)
        )
    )
    return output


def rescaled(
    context: Context, node: Node, source: ir.Tensor, output: ir.Tensor, minimum: int, maximum: int
) -> ir.Tensor:
    """The values of a map as `output` stores them, clamped: the map itself where that changes nothing."""
    same = (source.scale, source.zero_point) == (output.scale, output.zero_point)
    if same and (minimum, maximum) == (output.qmin, output.qmax):
        return source
    target = context.new_tensor(node, f"{source.name}_rescaled", source.shape, output.scale, output.zero_point)
    emit_rescale(context, node, source, target, minimum, maximum)
    return target


def emit_rescale(
    context: Context, node: Node, source: ir.Tensor, target: ir.Tensor, minimum: int, maximum: int
) -> None:
    """A Lookup from one tensor's scale and zero point to another's, clamped."""
    context.emit(
        ir.Lookup(
            name=context.operator_name(node, "scale"),
            inputs=(source.name,),
            output=target.name,
            source=str(node),
            table=lookup_table(source, target, minimum, maximum),
        )
    )


def with_shape(context: Context, node: Node, source: ir.Tensor, shape: Shape, name: str) -> ir.Tensor:
    """The map in another shape, its elements as they lie in memory."""
    assert math.prod(shape) == source.size
    target = context.new_tensor(node, name, shape, source.scale, source.zero_point)
    emit_reshape(context, node, source, target)
    return target


def emit_reshape(context: Context, node: Node, source: ir.Tensor, target: ir.Tensor) -> None:
    """A Reshape between two tensors."""
    name = context.operator_name(node, "reshape")
    context.emit(ir.Reshape(name=name, inputs=(source.name,), output=target.name, source=str(node)))
