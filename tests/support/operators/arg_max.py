"""ArgMax."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from mcugen.ir import Tensor
from mcugen.ir.operators.arg_max import ArgMax
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.fully_connected import add_fully_connected
from tests.support.operators.kind import Kind, blocks, channels


def _add_arg_max(builder: GraphBuilder, block: Block) -> None:
    """Over the map, or over what a fully connected layer makes of it (option 1)."""
    if block.option:
        add_fully_connected(builder, Block("fully_connected", channels=block.channels))
    height, width, _ = builder.source.shape
    output = builder.output("arg_max", (height, width, 1), -128, 1.0)
    builder.append(ArgMax(name=builder.name("arg_max"), inputs=(builder.current,), output=output.name), output)


def naive(op: ArgMax, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    result = np.zeros((len(values[0]), *output.shape), np.int64)
    for image, y, x, _ in np.ndindex(*result.shape):
        pixel = values[0][image, y, x].tolist()
        result[image, y, x] = pixel.index(max(pixel)) + op.offset
    return result


KINDS = (
    Kind(
        "arg_max",
        ArgMax,
        _add_arg_max,
        naive,
        blocks("arg_max", channels=channels, option=st.integers(0, 1)),
        is_head=True,
    ),
)
