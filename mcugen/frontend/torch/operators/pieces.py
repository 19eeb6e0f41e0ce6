"""cat, slice, split, chunk: maps put together and cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.translation import Translation


def cat(out: Translation, call: Call) -> None:
    """cat of maps."""
    tensors = call.operands("tensors")
    out.emit(call, "Concat", [tensor.name for tensor in tensors], axis=call.integer("dim") % len(tensors[0].dims))


def slice_(out: Translation, call: Call) -> None:
    """slice along one axis."""
    source = call.operand("self")
    size = source.dims[call.integer("dim")]
    # An end that is left out is the largest integer that there is.
    start, end = (
        int(min(max(call.number(name, missing), -size), size)) for name, missing in (("start", 0), ("end", size))
    )
    bounds = (start, end, call.integer("dim"), call.integer("step"))
    names = ("starts", "ends", "axes", "steps")
    inputs = [out.constant(call, name, np.array([value], np.int64)) for name, value in zip(names, bounds, strict=True)]
    out.emit(call, "Slice", [source.name, *inputs])


def split(out: Translation, call: Call) -> None:
    """split into parts of one size, the last perhaps smaller, or of given sizes."""
    given = call.arguments["split_size"]
    sizes = call.integers("split_size")
    _parts(out, call, _equal_parts(call, sizes[0]) if isinstance(given, int) else sizes)


def split_with_sizes(out: Translation, call: Call) -> None:
    """split_with_sizes."""
    _parts(out, call, call.integers("split_sizes"))


def chunk(out: Translation, call: Call) -> None:
    """chunk into so many parts, the last perhaps smaller."""
    size = call.operand("self").dims[call.integer("dim")]
    _parts(out, call, _equal_parts(call, -(-size // max(call.integer("chunks"), 1))))


def _equal_parts(call: Call, size: int) -> list[int]:
    whole = call.operand("self").dims[call.integer("dim")]
    return [min(size, whole - begin) for begin in range(0, whole, max(size, 1))]


def _parts(out: Translation, call: Call, sizes: Sequence[int]) -> None:
    source = call.operand("self")
    out.parts[call.output] = tuple(f"{call.output}.{index}" for index in range(len(sizes)))
    constant = out.constant(call, "sizes", np.array(sizes, np.int64))
    out.emit(call, "Split", [source.name, constant], axis=call.integer("dim") % len(source.dims))
