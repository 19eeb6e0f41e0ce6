"""Flatten, Reshape, Squeeze, Unsqueeze, Transpose, Identity, Dropout: the same elements, seen differently."""

from __future__ import annotations

import math
from dataclasses import replace

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.channels import shuffled
from mcugen.frontend.onnx.values import Activation, Constant, QuantizedConstant, Value, View


def identity(context: Context, node: Node) -> Value:
    """Identity, and Dropout outside training."""
    return context.value(node, 0)


def flatten(context: Context, node: Node) -> Value:
    """Flatten at any axis."""
    dims = _dims(context.value(node, 0))
    axis = node.integer("axis", 1)
    axis += len(dims) if axis < 0 else 0
    if not 0 <= axis <= len(dims):
        raise ModelFormatError(f"{node}: axis {axis} of shape {dims}")
    return _with_dims(context, node, (math.prod(dims[:axis]), math.prod(dims[axis:])))


def reshape(context: Context, node: Node) -> Value:
    """Reshape to a constant shape, 0 and -1 included."""
    dims = _dims(context.value(node, 0))
    wanted = [int(d) for d in context.constant(node, 1, "the shape").reshape(-1)]
    if node.integer("allowzero", 0) == 0:
        wanted = [dims[i] if d == 0 and i < len(dims) else d for i, d in enumerate(wanted)]
    known = math.prod(d for d in wanted if d != -1)
    if wanted.count(-1) == 1 and known > 0:
        wanted = [math.prod(dims) // known if d == -1 else d for d in wanted]
    return _with_dims(context, node, tuple(wanted))


def squeeze(context: Context, node: Node) -> Value:
    """Squeeze, axes as input, as attribute or left out."""
    dims = _dims(context.value(node, 0))
    axes = _axes(context, node, len(dims))
    if axes is None:
        axes = [i for i, d in enumerate(dims) if d == 1]
    if any(not 0 <= a < len(dims) or dims[a] != 1 for a in axes):
        raise ModelFormatError(f"{node}: cannot squeeze the axes {axes} of shape {dims}")
    return _with_dims(context, node, tuple(d for i, d in enumerate(dims) if i not in axes))


def unsqueeze(context: Context, node: Node) -> Value:
    """Unsqueeze, axes as input or as attribute."""
    dims = list(_dims(context.value(node, 0)))
    count = len(context.constant(node, 1, "the axes").reshape(-1)) if node.has_input(1) else None
    count = len(node.integers("axes", ()) or ()) if count is None else count
    axes = sorted(_axes(context, node, len(dims) + count) or [])
    for axis in axes:
        if not 0 <= axis <= len(dims):
            raise ModelFormatError(f"{node}: axis {axis} of shape {tuple(dims)}")
        dims.insert(axis, 1)
    return _with_dims(context, node, tuple(dims))


def transpose(context: Context, node: Node) -> Value:
    """Transpose between NCHW and NHWC, also where height and width have become one, of groups of channels (channel
    shuffle), of vectors, and of constants. Raises UnsupportedModelError for others."""
    value = context.value(node, 0)
    dims = _dims(value)
    order = node.integers("perm", tuple(reversed(range(len(dims))))) or ()
    if sorted(order) != list(range(len(dims))):
        raise ModelFormatError(f"{node}: perm {order} for shape {dims}")
    if isinstance(value, Constant):
        return Constant(value.array.transpose(order))
    if isinstance(value, QuantizedConstant):
        axis = order.index(value.axis) if value.axis in order else value.axis
        return replace(value, array=value.array.transpose(order), axis=axis)
    permuted = tuple(dims[i] for i in order)
    moved = [i for i in order if dims[i] != 1]
    if moved == sorted(moved):
        return _with_dims(context, node, permuted)
    view, last = value.view, len(dims) - 1
    if dims[0] == 1 and view.order == "HWC":
        if dims[last] == view.shape[2] and order == (0, last, *range(1, last)):
            return replace(value, view=View(view.shape, permuted, "CHW"))
    elif dims[0] == 1:
        if dims[1] == view.shape[2] and order == (0, *range(2, last + 1), 1):
            return replace(value, view=View(view.shape, permuted, "HWC"))
        if last > 2 and order == (0, 2, 1, *range(3, last + 1)):
            return shuffled(context, node, permuted)
    raise UnsupportedModelError(
        f"{node}: perm {order} of shape {dims} moves elements",
        "supported: NHWC to NCHW and back, also of lists of positions, and groups of channels that change places; "
        "export the model in NCHW",
    )


def _axes(context: Context, node: Node, rank: int) -> list[int] | None:
    if node.has_input(1):
        axes = tuple(int(a) for a in context.constant(node, 1, "the axes").reshape(-1))
    else:
        given = node.integers("axes", None)
        if given is None:
            return None
        axes = given
    return [a + rank if a < 0 else a for a in axes]


def _dims(value: Value) -> tuple[int, ...]:
    return value.array.shape if isinstance(value, Constant | QuantizedConstant) else value.view.dims


def _with_dims(context: Context, node: Node, dims: tuple[int, ...]) -> Value:
    value = context.value(node, 0)
    if math.prod(dims) != math.prod(_dims(value)) or min(dims, default=1) < 1:
        raise ModelFormatError(f"{node}: shape {_dims(value)} as {dims}")
    if isinstance(value, Constant):
        return Constant(value.array.reshape(dims))
    if isinstance(value, QuantizedConstant):
        if len(value.scale) > 1:
            raise UnsupportedModelError(f"{node}: of weights quantized per channel", "reshape them in the file")
        return replace(value, array=value.array.reshape(dims))
    return _reviewed(value, dims)


def _reviewed(value: Activation, dims: tuple[int, ...]) -> Activation:
    return replace(value, view=replace(value.view, dims=dims))
