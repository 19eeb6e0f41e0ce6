"""Lookup."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from mcugen.ir import Lookup, Tensor
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.kind import Kind, blocks, zero_points

_BY_CHANNEL = 2


def _add_lookup(builder: GraphBuilder, block: Block) -> None:
    """A non-decreasing table for option 0, any table for option 1, any for each channel for option 2."""
    output = builder.output("lookup", builder.source.shape, block.zero_point)
    shape = (output.channels, 256) if block.option == _BY_CHANNEL else (256,)
    table = builder.rng.integers(-128, 128, shape)
    if block.option == 0:
        table.sort()
    op = Lookup(name=builder.name("lookup"), inputs=(builder.current,), output=output.name, table=table)
    builder.append(op, output)


def naive(op: Lookup, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    index = values[0] - inputs[0].qmin
    if op.table.ndim == 1:
        return op.table[index]
    return np.stack([op.table[channel][index[..., channel]] for channel in range(output.channels)], axis=-1)


KINDS = (
    Kind(
        "lookup",
        Lookup,
        _add_lookup,
        naive,
        blocks("lookup", zero_point=zero_points, option=st.integers(0, 2)),
        examples=(Block("lookup", zero_point=-128, option=1),),
    ),
)
