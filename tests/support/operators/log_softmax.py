"""LogSoftmax."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from mcugen.fixedpoint import log_softmax, log_softmax_tables
from mcugen.ir import Tensor
from mcugen.ir.operators.log_softmax import LogSoftmax
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.fully_connected import add_fully_connected
from tests.support.operators.kind import Kind, blocks, channels


def _add_log_softmax(builder: GraphBuilder, block: Block) -> None:
    """Of the map, or of what a fully connected layer makes of it (option 1)."""
    if block.option:
        add_fully_connected(builder, Block("fully_connected", channels=block.channels))
    source = builder.source
    output = builder.output("log_softmax", source.shape, 127, 1 / 16)
    op = LogSoftmax(
        name=builder.name("log_softmax"),
        inputs=(builder.current,),
        output=output.name,
        # Of scales beyond these the fixed point makes no tables.
        tables=log_softmax_tables(min(max(source.scale, 2.0**-20), 8.0)),
    )
    builder.append(op, output)


def naive(op: LogSoftmax, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    result = np.zeros((len(values[0]), *output.shape), np.int64)
    for y, x in np.ndindex(*output.shape[:2]):
        pixels = values[0][:, y, x]
        result[:, y, x] = log_softmax(pixels.max(axis=1, keepdims=True) - pixels, op.tables) + op.output_offset
    return result


KINDS = (
    Kind(
        "log_softmax",
        LogSoftmax,
        _add_log_softmax,
        naive,
        blocks("log_softmax", channels=channels, option=st.integers(0, 1)),
        is_head=True,
    ),
)
