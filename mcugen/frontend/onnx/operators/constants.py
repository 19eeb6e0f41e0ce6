"""Constant, and the arithmetic of shapes that exporters leave around Reshape: folded here."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.context import LARGEST_TENSOR, Context
from mcugen.frontend.onnx.initializers import type_name
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import Constant, Pending, QuantizedConstant, Real, Stored, Value

_LONGEST_LIST = 1024
_NUMBERS = {6: "int32", 7: "int64"}
_CAST_TYPES = {1: np.float32, 6: np.int32, 7: np.int64, 11: np.float64}


def constant(context: Context, node: Node) -> Value:
    """Constant: a tensor, a number or a list of numbers."""
    for name, dtype in (
        ("value", None),
        ("value_float", np.float32),
        ("value_floats", np.float32),
        ("value_int", np.int64),
        ("value_ints", np.int64),
    ):
        value = node.attributes.get(name)
        if value is not None and not isinstance(value, str):
            return Constant(np.asarray(value) if dtype is None else np.array(value, dtype))
    raise UnsupportedModelError(f"{node}: holds neither a tensor nor numbers", "supported: numeric constants")


def shape(context: Context, node: Node) -> Value:
    """Shape: known here, for every size is fixed."""
    value = context.value(node, 0)
    known = value.array.shape if isinstance(value, Constant | QuantizedConstant) else value.view.dims
    end = node.integer("end", len(known))
    return Constant(np.array(known[node.integer("start", 0) : end], np.int64))


def gather(context: Context, node: Node) -> Value:
    """Gather from a constant list."""
    array = context.constant(node, 0, "its input")
    indices = context.constant(node, 1, "the indices").astype(np.int64)
    axis = node.integer("axis", 0)
    if array.ndim != 1 or axis not in (0, -1) or np.any(indices < -len(array)) or np.any(indices >= len(array)):
        raise UnsupportedModelError(f"{node}: indices {indices.tolist()} of axis {axis} of shape {array.shape}")
    return Constant(array[indices])


def concat(context: Context, node: Node) -> Value:
    """Concat of constant lists; maps are not joined."""
    arrays = [context.constant(node, i, f"input {i}") for i in range(len(node.inputs))]
    if not arrays or any(a.ndim != 1 for a in arrays) or node.integer("axis", 0) not in (0, -1):
        raise UnsupportedModelError(f"{node}: of other constants than lists of numbers")
    if sum(map(len, arrays)) > _LONGEST_LIST:
        raise UnsupportedModelError(f"{node}: of more than {_LONGEST_LIST} numbers")
    return Constant(np.concatenate(arrays))


def cast(context: Context, node: Node) -> Value:
    """Cast of a constant; of an activation only from float32 to float32; of numbers of classes to int32 or int64."""
    value = context.value(node, 0)
    code = node.integer("to", 0)
    if isinstance(value, Real | Pending) and code == 1:
        return value
    if isinstance(value, Stored) and value.dtype in _NUMBERS.values() and code in _NUMBERS:
        return replace(value, dtype=_NUMBERS[code])
    if not isinstance(value, Constant) or code not in _CAST_TYPES:
        raise UnsupportedModelError(f"{node}: to {type_name(code)}", "supported: casts of constants")
    if value.array.dtype.kind == "f" and not np.all(np.abs(value.array) < 2**31):
        raise ModelFormatError(f"{node}: a constant that is not finite or too large")
    return Constant(value.array.astype(_CAST_TYPES[code]))


def expand(context: Context, node: Node) -> Value:
    """Expand of constants."""
    value = context.value(node, 0)
    if not isinstance(value, Constant):
        wanted = context.constant(node, 1, "the shape").reshape(-1).tolist()
        raise UnsupportedModelError(
            f"{node}: to {wanted}",
            "leave it out: maps, rows, vectors and single channels are repeated where they are read",
        )
    dims = expanded_dims(context, node, value.array.shape)
    if math.prod(dims) > LARGEST_TENSOR:
        raise UnsupportedModelError(f"{node}: a constant of shape {dims} is too large")
    return Constant(np.broadcast_to(value.array, dims))


def expanded_dims(context: Context, node: Node, dims: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which an Expand repeats a value of shape `dims`. Raises ModelFormatError where it cannot."""
    wanted = context.constant(node, 1, "the shape").reshape(-1)
    try:
        expanded = np.broadcast_shapes(dims, tuple(map(int, wanted)))
    except (ValueError, OverflowError) as error:
        raise ModelFormatError(f"{node}: shape {dims} to {wanted.tolist()}") from error
    if 0 in expanded:
        raise ModelFormatError(f"{node}: shape {dims} to {expanded}")
    return expanded
