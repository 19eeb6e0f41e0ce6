"""ReduceMean, ReduceSum, ReduceMax and ReduceMin over any of height, width and channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.arithmetic import requantization
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.lowering import NodeLowering
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.maps import CHANNELS, HEIGHT, WIDTH, as_map, graph_axis, with_shape
from mcugen.frontend.onnx.values import Pending, Real, Value, View

_LARGEST_WEIGHTS = 1 << 20


@dataclass(frozen=True, eq=False)
class _Reduction:
    """axes: of the graph (height, width, channels). view: of the result."""

    source: Real
    axes: frozenset[int]
    view: View

    @property
    def count(self) -> int:
        return int(np.prod([self.source.tensor.shape[axis] for axis in self.axes], dtype=np.int64))


def reduce_mean(context: Context, node: Node) -> Value:
    """ReduceMean, axes as attribute or input, kept or not."""
    reduction = _read(context, node)
    return reduction.source if not reduction.axes else _sums(context, node, reduction, reduction.count)


def reduce_sum(context: Context, node: Node) -> Value:
    """ReduceSum, as ReduceMean."""
    reduction = _read(context, node)
    return reduction.source if not reduction.axes else _sums(context, node, reduction, 1)


def reduce_max(context: Context, node: Node) -> Value:
    """ReduceMax, as ReduceMean; it keeps the scale of its input."""
    reduction = _read(context, node)
    if not reduction.axes:
        return reduction.source
    lowering = _lowering(reduction, context, node)
    _largest(lowering, reduction.axes, reduction.source.tensor, lowering.output)
    return Real(reduction.view, lowering.output, reduction.source.dtype)


def reduce_min(context: Context, node: Node) -> Value:
    """As ReduceMax, of values in reverse order: q and -1 - q."""
    reduction = _read(context, node)
    if not reduction.axes:
        return reduction.source
    source, lowering = reduction.source.tensor, _lowering(reduction, context, node)
    turned, largest = (
        context.new_tensor(node, f"{lowering.output.name}/{suffix}", shape, source.scale, -1 - source.zero_point)
        for suffix, shape in (("turned", source.shape), ("largest", reduction.view.shape))
    )
    _turn(lowering, source, turned)
    _largest(lowering, reduction.axes, turned, largest)
    _turn(lowering, largest, lowering.output)
    return Real(reduction.view, lowering.output, reduction.source.dtype)


def _lowering(reduction: _Reduction, context: Context, node: Node) -> NodeLowering:
    """The operators that make the result, which keeps scale and zero point."""
    source = reduction.source.tensor
    output = context.new_tensor(node, node.outputs[0], reduction.view.shape, source.scale, source.zero_point)
    return NodeLowering(context, node, output)


def _turn(lowering: NodeLowering, source: ir.Tensor, output: ir.Tensor) -> None:
    """-1 - q of every q."""
    lowering.context.emit(ir.Lookup(**lowering.fields((source,), output), table=np.arange(127, -129, -1)))


def _largest(lowering: NodeLowering, axes: frozenset[int], source: ir.Tensor, output: ir.Tensor) -> None:
    """The largest values over some axes."""
    height, width = (source.height if HEIGHT in axes else 1), (source.width if WIDTH in axes else 1)
    if CHANNELS in axes:
        # Channels as columns, so that a window goes over them.
        flat = (source.height, source.width * source.channels, 1)
        width *= source.channels
        source = with_shape(lowering.context, lowering.node, source, flat, f"{lowering.node.outputs[0]}_columns")
    window = ir.Window(kernel=(height, width), stride=(height, width))
    lowering.context.emit(ir.MaxPool2D(**lowering.fields((source,), output), window=window))


def _read(context: Context, node: Node) -> _Reduction:
    """Raises UnsupportedModelError where the batch would go, or elements do not lie as those of a map or a list."""
    source = context.real(node, 0)
    rank = len(source.view.dims)
    if node.has_input(1):
        given = [int(a) for a in context.constant(node, 1, "the axes").reshape(-1)]
    else:
        given = list(node.integers("axes", ()) or ())
    if not given and node.integer("noop_with_empty_axes", 0) == 0:
        given = list(range(rank))
    if any(not -rank <= axis < rank for axis in given):
        raise ModelFormatError(f"{node}: axes {given} of shape {source.view.dims}")
    kept = node.integer("keepdims", 1) != 0
    places = {axis % rank for axis in given} - ({0} if kept else set())
    if 0 in places:
        raise UnsupportedModelError(f"{node}: takes away the batch", "supported: other axes, or keepdims 1")
    source, axes_of = _by_place(context, node, source)
    axes = frozenset(axis for place in places for axis in axes_of(place))
    dims = tuple(1 if i in places else d for i, d in enumerate(source.view.dims) if kept or i not in places)
    height, width, channels = (1 if axis in axes else n for axis, n in enumerate(source.tensor.shape))
    return _Reduction(source, axes, View((height, width, channels), dims, source.view.order))


def _by_place(context: Context, node: Node, source: Real) -> tuple[Real, Callable[[int], tuple[int, ...]]]:
    """The map, and its axes at a place of the value's dims: two where height and width have become one."""
    view = source.view
    height, width, channels = view.shape
    if view.order == "CHW" and view.dims == (1, channels, height * width) and not view.keeps_memory_order:
        by_place = {1: (CHANNELS,), 2: (HEIGHT, WIDTH)}
        return source, lambda place: by_place[place]
    mapped = as_map(context, node, source)
    return mapped, lambda place: (graph_axis(node, mapped.view, place),)


def _sums(context: Context, node: Node, reduction: _Reduction, divisor: int) -> Pending:
    """Sums over the axes by a divisor: a pool, or with channels among them a convolution whose weights are 1."""
    source, axes = reduction.source.tensor, reduction.axes
    window = ir.Window(kernel=(source.height if HEIGHT in axes else 1, source.width if WIDTH in axes else 1))
    window = replace(window, stride=window.kernel)
    scales = np.array([source.scale / divisor])
    if CHANNELS in axes and reduction.count > _LARGEST_WEIGHTS:
        raise UnsupportedModelError(f"{node}: adds {reduction.count:,} values", "reduce height and width first")

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        rescale = requantization(node, scales, output, minimum, maximum)
        fields = NodeLowering(context, node, output).fields((source,), output)
        if CHANNELS in axes:
            weights = np.ones((1, *window.kernel, source.channels), np.int8)
            bias = np.zeros(1, np.int32)
            context.emit(ir.Conv2D(**fields, weights=weights, bias=bias, window=window, requantization=rescale))
        else:
            context.emit(
                ir.AveragePool2D(**fields, window=window, requantization=rescale, minimum=minimum, maximum=maximum)
            )

    return Pending(reduction.view, node, finish)
