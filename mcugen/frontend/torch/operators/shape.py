"""Operators that move nothing: views, transposes, copies, dropout outside of training."""

from __future__ import annotations

import numpy as np

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.translation import Translation


def identity(out: Translation, call: Call) -> None:
    """clone, contiguous, detach, alias: the same values."""
    out.emit(call, "Identity", [call.operand("self").name])


def dropout(out: Translation, call: Call) -> None:
    """dropout outside of training."""
    if call.arguments["train"]:
        raise UnsupportedModelError(f"{call}: in training mode", "call module.eval() before torch.export.export")
    out.emit(call, "Identity", [call.operand("input").name])


def reshape(out: Translation, call: Call) -> None:
    """flatten, view, reshape, squeeze, unsqueeze: other sizes for the same elements in the same order."""
    shape = out.constant(call, "shape", np.array(call.dims, np.int64))
    out.emit(call, "Reshape", [call.operand("self").name, shape])


def permute(out: Translation, call: Call) -> None:
    """permute."""
    source = call.operand("self")
    out.emit(call, "Transpose", [source.name], perm=tuple(axis % len(source.dims) for axis in call.integers("dims")))


def transpose(out: Translation, call: Call) -> None:
    """transpose of two axes, and t of a matrix."""
    source = call.operand("self")
    rank = len(source.dims)
    first, second = (0, -1) if call.operator == "t" else (call.integer("dim0"), call.integer("dim1"))
    order = list(range(rank))
    order[first], order[second] = second, first
    out.emit(call, "Transpose", [source.name], perm=tuple(order))


def getitem(out: Translation, call: Call) -> None:
    """One of the parts of a split, the first of several results of other operators."""
    source, index = call.operand("self").name, call.integer("index")
    parts = out.parts.get(source)
    if parts is not None and 0 <= index < len(parts):
        out.emit(call, "Identity", [parts[index]])
        return
    if index != 0:
        raise UnsupportedModelError(f"{call}: result {index}", "supported: the first result of each")
    out.emit(call, "Identity", [source])


def expand(out: Translation, call: Call) -> None:
    """expand and expand_as of lengths, to the shape of what they divide."""
    out.emit(call, "Expand", [call.operand("self").name, out.constant(call, "shape", np.array(call.dims, np.int64))])
