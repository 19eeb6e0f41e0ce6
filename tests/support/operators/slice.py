"""Slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from mcugen.ir import Tensor
from mcugen.ir.operators.slice import Slice
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.kind import Kind, blocks, strides


def _add_slice(builder: GraphBuilder, block: Block) -> None:
    """A part drawn at random; option 0 keeps all channels, option 1 height and width."""
    source = builder.source
    begin, shape = [], []
    steps = (*block.stride, 1)
    for axis, (size, step) in enumerate(zip(source.shape, steps, strict=True)):
        whole = (axis == 2) == (block.option == 0) and block.option < 2
        first = 0 if whole else int(builder.rng.integers(0, size))
        count = -(-(size - first) // step)
        begin.append(first)
        shape.append(count if whole else int(builder.rng.integers(1, count + 1)))
    output = replace(source, name=f"{builder.name('slice')}_output", shape=tuple(shape))
    op = Slice(
        name=builder.name("slice"),
        inputs=(builder.current,),
        output=output.name,
        begin=(begin[0], begin[1], begin[2]),
        stride=block.stride,
    )
    builder.append(op, output)


def naive(op: Slice, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    result = np.zeros((len(values[0]), *output.shape), np.int64)
    top, left, first = op.begin
    for y, x, c in np.ndindex(*output.shape):
        result[:, y, x, c] = values[0][:, top + y * op.stride[0], left + x * op.stride[1], first + c]
    return result


KINDS = (Kind("slice", Slice, _add_slice, naive, blocks("slice", stride=strides, option=st.integers(0, 2))),)
