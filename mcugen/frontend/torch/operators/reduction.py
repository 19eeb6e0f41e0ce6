"""mean, sum, amax, amin and argmax over axes."""

from __future__ import annotations

import numpy as np

from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.translation import Translation


def mean(out: Translation, call: Call) -> None:
    """mean."""
    out.emit(call, "ReduceMean", [call.operand("self").name], axes=_axes(call), keepdims=_kept(call))


def sum_(out: Translation, call: Call) -> None:
    """sum."""
    axes = out.constant(call, "axes", np.array(_axes(call), np.int64))
    out.emit(call, "ReduceSum", [call.operand("self").name, axes], keepdims=_kept(call))


def amax(out: Translation, call: Call) -> None:
    """amax."""
    out.emit(call, "ReduceMax", [call.operand("self").name], axes=_axes(call), keepdims=_kept(call))


def amin(out: Translation, call: Call) -> None:
    """amin."""
    out.emit(call, "ReduceMin", [call.operand("self").name], axes=_axes(call), keepdims=_kept(call))


def argmax(out: Translation, call: Call) -> None:
    """argmax along one axis."""
    axis = call.integer("dim")
    out.emit(call, "ArgMax", [call.operand("self").name], axis=axis, keepdims=_kept(call))


def _axes(call: Call) -> tuple[int, ...]:
    """All where none are named."""
    rank = len(call.operand("self").dims)
    axes = call.integers("dim") if call.arguments.get("dim") is not None else ()
    return tuple(sorted(axis % rank for axis in axes or range(rank)))


def _kept(call: Call) -> int:
    return int(bool(call.arguments.get("keepdim", False)))
