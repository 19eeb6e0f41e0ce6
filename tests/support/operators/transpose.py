"""Transpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np
from hypothesis import strategies as st

from mcugen.ir import Tensor
from mcugen.ir.operators.transpose import Transpose
from tests.support.graph_builder import LARGEST_VECTOR, Block, GraphBuilder
from tests.support.operators.kind import Kind, blocks

_ORDERS = tuple(permutations(range(3)))


def _add_transpose(builder: GraphBuilder, block: Block) -> None:
    """In any order; height and width alone where there would be more channels than other blocks take."""
    source, axes = builder.source, _ORDERS[block.option]
    if source.shape[axes[2]] > LARGEST_VECTOR:
        axes = (1, 0, 2)
    shape = (source.shape[axes[0]], source.shape[axes[1]], source.shape[axes[2]])
    output = replace(source, name=f"{builder.name('transpose')}_output", shape=shape)
    op = Transpose(name=builder.name("transpose"), inputs=(builder.current,), output=output.name, axes=axes)
    builder.append(op, output)


def naive(op: Transpose, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    result = np.zeros((len(values[0]), *output.shape), np.int64)
    for place in np.ndindex(*output.shape):
        found = [0, 0, 0]
        for axis, index in zip(op.axes, place, strict=True):
            found[axis] = index
        result[:, place[0], place[1], place[2]] = values[0][:, found[0], found[1], found[2]]
    return result


KINDS = (
    Kind("transpose", Transpose, _add_transpose, naive, blocks("transpose", option=st.integers(0, len(_ORDERS) - 1))),
)
