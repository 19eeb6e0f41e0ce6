"""mean, sum, maxima, minima, argmax and lengths over axes."""

from __future__ import annotations

import numpy as np

from mcugen.diagnostics import UnsupportedModelError
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


def max_(out: Translation, call: Call) -> None:
    """max of all values, of two tensors, or along one axis, with the numbers of the largest."""
    _largest(out, call, "Max", "ReduceMax", "ArgMax")


def min_(out: Translation, call: Call) -> None:
    """min of all values, of two tensors, or along one axis without the numbers of the least."""
    _largest(out, call, "Min", "ReduceMin", "ArgMin")


def vector_norm(out: Translation, call: Call) -> None:
    """linalg_vector_norm of order 2 over channels, kept, which divides what it is of: F.normalize."""
    if call.number("ord") != 2.0:
        raise UnsupportedModelError(f"{call}: of order {call.number('ord'):g}", "supported: order 2")
    out.emit(call, "ReduceL2", [call.operand("self").name], axes=_axes(call), keepdims=_kept(call))


def _largest(out: Translation, call: Call, of_two: str, values: str, numbers: str) -> None:
    source = call.operand("self").name
    if "other" in call.arguments:
        out.emit(call, of_two, [source, call.operand("other").name])
    elif "dim" not in call.arguments:
        out.emit(call, values, [source], axes=_axes(call), keepdims=0)
    else:
        kept = _kept(call)
        out.parts[call.output] = (
            out.emit_inner(call, "values", values, [source], axes=_axes(call), keepdims=kept),
            out.emit_inner(call, "indices", numbers, [source], axis=call.integer("dim"), keepdims=kept),
        )


def _axes(call: Call) -> tuple[int, ...]:
    """All where none are named."""
    rank = len(call.operand("self").dims)
    axes = call.integers("dim") if call.arguments.get("dim") is not None else ()
    return tuple(sorted(axis % rank for axis in axes or range(rank)))


def _kept(call: Call) -> int:
    return int(bool(call.arguments.get("keepdim", False)))
