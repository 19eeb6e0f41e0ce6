"""Pad."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen.ir import Pad, Tensor
from tests.support.graph_builder import LARGEST_MAP, Block, GraphBuilder
from tests.support.operators.kind import Kind, blocks, paddings


def _add_pad(builder: GraphBuilder, block: Block) -> None:
    source = builder.source
    top, bottom, left, right = block.padding
    shape = (source.height + top + bottom, source.width + left + right, source.channels)
    if shape[0] * shape[1] * shape[2] > LARGEST_MAP:
        return
    output = builder.output("pad", shape, source.zero_point, source.scale)
    op = Pad(name=builder.name("pad"), inputs=(builder.current,), output=output.name, padding=block.padding)
    builder.append(op, output)


def naive(op: Pad, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    top, bottom, left, right = op.padding
    return np.pad(values[0], ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=inputs[0].zero_point)


KINDS = (
    Kind(
        "pad",
        Pad,
        _add_pad,
        naive,
        blocks("pad", padding=paddings),
        examples=(Block("pad", padding=(0, 1, 0, 1)),),
    ),
)
