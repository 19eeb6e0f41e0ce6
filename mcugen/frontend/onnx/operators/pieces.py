"""Concat, Slice and Split of maps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators import constants
from mcugen.frontend.onnx.operators.maps import HEIGHT, WIDTH, as_map, emit_reshape, graph_axis, rescaled, with_shape
from mcugen.frontend.onnx.values import Constant, Pending, QuantizedConstant, Real, Value, View
from mcugen.ir.operators.concat import Concat
from mcugen.ir.operators.slice import Slice


def concat(context: Context, node: Node) -> Value:
    """Concat of maps along channels, height or width, each with a scale of its own, or of lists (1, n, channels); of
    constant lists of numbers."""
    values = [context.value(node, position) for position in range(len(node.inputs))]
    if not any(isinstance(value, Real | Pending) for value in values):
        return constants.concat(context, node)
    sources = [as_map(context, node, context.real(node, position)) for position in range(len(values))]
    view = sources[0].view
    axis = node.integer("axis", 0)
    along = graph_axis(node, view, axis)
    dims = list(view.dims)
    dims[axis] = sum(source.view.dims[axis] for source in sources if len(source.view.dims) == len(dims))
    for source in sources:
        others = [d for i, d in enumerate(source.view.dims) if i != axis % len(dims)]
        if source.view.order != view.order or others != [d for i, d in enumerate(dims) if i != axis % len(dims)]:
            shapes = ", ".join(str(each.view.dims) for each in sources)
            raise UnsupportedModelError(f"{node}: of {shapes} along axis {axis}", "join maps of one size across")
    shape = list(view.shape)
    shape[along] = sum(source.view.shape[along] for source in sources)
    whole = (shape[0], shape[1], shape[2])

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        tensors = [rescaled(context, node, source.tensor, output, minimum, maximum) for source in sources]
        target, axis = output, along
        if along == HEIGHT:
            # Rows one below the other are, in memory, positions one behind the other.
            tensors = [
                with_shape(context, node, t, (1, t.height * t.width, t.channels), f"{t.name}_positions")
                for t in tensors
            ]
            positions = (1, output.height * output.width, output.channels)
            target = context.new_tensor(node, f"{output.name}_positions", positions, output.scale, output.zero_point)
            axis = WIDTH
        context.emit(
            Concat(
                name=context.operator_name(node),
                inputs=tuple(tensor.name for tensor in tensors),
                output=target.name,
                source=str(node),
                source_index=node.index,
                axis=axis,
            )
        )
        if target is not output:
            emit_reshape(context, node, target, output)

    return Pending(View(whole, tuple(dims), view.order), node, finish)


def slice_(context: Context, node: Node) -> Value:
    """Slice of a map with positive steps along height and width, and of constants."""
    value = context.value(node, 0)
    starts, ends = (context.constant(node, i, what).reshape(-1).tolist() for i, what in ((1, "starts"), (2, "ends")))
    axes = context.constant(node, 3, "axes").reshape(-1).tolist() if node.has_input(3) else list(range(len(starts)))
    steps = context.constant(node, 4, "steps").reshape(-1).tolist() if node.has_input(4) else [1] * len(starts)
    dims = value.array.shape if isinstance(value, Constant | QuantizedConstant) else value.view.dims
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise ModelFormatError(f"{node}: starts {starts}, ends {ends}, axes {axes}, steps {steps}")
    cuts = [slice(None)] * len(dims)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if not -len(dims) <= axis < len(dims):
            raise ModelFormatError(f"{node}: axis {axis} of shape {dims}")
        # An end before the first element, which a step backwards reaches, is beyond what Python counts.
        cuts[int(axis)] = slice(int(start), None if step < 0 and end < -dims[int(axis)] else int(end), int(step))
    if isinstance(value, Constant):
        return Constant(value.array[tuple(cuts)])
    source = as_map(context, node, context.real(node, 0))
    ranges = [range(*cut.indices(size)) for cut, size in zip(cuts, source.view.dims, strict=True)]
    if ranges == [range(size) for size in source.view.dims]:
        return source
    return _part(context, node, source, ranges, node.outputs[0])


def split(context: Context, node: Node) -> Sequence[Value]:
    """Split of a map along channels, height or width, into equal parts or parts of given sizes."""
    source = as_map(context, node, context.real(node, 0))
    axis = node.integer("axis", 0)
    graph_axis(node, source.view, axis)
    whole, parts = source.view.dims[axis], len(node.outputs)
    if node.has_input(1):
        sizes = [int(size) for size in context.constant(node, 1, "the sizes").reshape(-1)]
    else:
        size = -(-whole // parts)
        sizes = list(node.integers("split", None) or [size] * (parts - 1) + [whole - size * (parts - 1)])
    if sum(sizes) != whole or len(sizes) != parts or min(sizes) < 1:
        raise ModelFormatError(f"{node}: {whole} in parts of {sizes}")
    results: list[Value] = []
    for name, end, size in zip(node.outputs, accumulate(sizes), sizes, strict=True):
        ranges = [range(n) for n in source.view.dims]
        ranges[axis] = range(end - size, end)
        results.append(_part(context, node, source, ranges, name))
    return results


def _part(context: Context, node: Node, source: Real, ranges: Sequence[range], name: str) -> Real:
    """ranges: of the view's dims."""
    view = source.view
    by_axis = [range(1)] * 3
    for place in range(1, len(ranges)):
        by_axis[graph_axis(node, view, place)] = ranges[place]
    rows, columns, channels = by_axis
    dims = tuple(len(each) for each in ranges)
    if min(dims) < 1:
        raise ModelFormatError(f"{node}: nothing of shape {view.dims} is left")
    if min(rows.step, columns.step) < 1 or channels.step != 1:
        raise UnsupportedModelError(
            f"{node}: steps of {[each.step for each in ranges]}",
            "supported: positive steps along height and width, 1 along channels",
        )
    shape = (len(rows), len(columns), len(channels))
    output = context.new_tensor(node, name, shape, source.tensor.scale, source.tensor.zero_point)
    context.emit(
        Slice(
            name=context.operator_name(node),
            inputs=(source.tensor.name,),
            output=output.name,
            source=str(node),
            source_index=node.index,
            begin=(rows.start, columns.start, channels.start),
            stride=(rows.step, columns.step),
        )
    )
    return Real(View(shape, dims, view.order), output, source.dtype)
