"""Several outputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from mcugen.ir import Tensor
from mcugen.ir.operators.outputs import Outputs
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.conv import add_conv
from tests.support.operators.kind import Kind, blocks, channels


def _add_outputs(builder: GraphBuilder, block: Block) -> None:
    """A head over the current map, and the map itself; with option 1 another head, so that nothing else reads it."""
    names = [builder.current]
    for head in range(1 + block.option):
        builder.current = names[0]
        add_conv(builder, Block("conv", channels=block.channels + head, option=1))
        names.append(builder.current)
    names = names[block.option :]
    size = sum(builder.tensors[name].size for name in names)
    output = builder.output("outputs", (1, 1, size), 0, 1.0)
    builder.append(Outputs(name=builder.name("outputs"), inputs=tuple(names), output=output.name), output)


def naive(op: Outputs, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    joined = [value for image in zip(*values, strict=True) for part in image for value in part.ravel()]
    return np.array(joined).reshape(len(values[0]), *output.shape)


KINDS = (
    Kind(
        "outputs",
        Outputs,
        _add_outputs,
        naive,
        blocks("outputs", channels=channels, option=st.integers(0, 1)),
        is_head=True,
    ),
)
