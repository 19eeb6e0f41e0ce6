"""Concat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from mcugen.ir import Tensor
from mcugen.ir.operators.concat import Concat
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.conv import add_conv
from tests.support.operators.kind import Kind, blocks, zero_points
from tests.support.operators.max_pool import add_maximum

_WIDTH, _CHANNELS = 1, 2


def _add_concat(builder: GraphBuilder, block: Block) -> None:
    """A map, a maximum of it, and itself again; options 2 and 3 along the width."""
    axis = _CHANNELS if block.option <= 1 else _WIDTH
    if block.option % 2:
        add_conv(builder, Block("conv", channels=block.channels, zero_point=block.zero_point, option=1))
    start = builder.current
    add_maximum(builder, Block("maximum", kernel=(3, 3), padding=(1, 1, 1, 1)))
    names = (start, builder.current, start)
    if len({builder.tensors[name].shape for name in names}) > 1:  # the window was cut
        return
    source = builder.source
    shape = list(source.shape)
    shape[axis] *= len(names)
    output = replace(source, name=f"{builder.name('concat')}_output", shape=tuple(shape))
    builder.append(Concat(name=builder.name("concat"), inputs=names, output=output.name, axis=axis), output)


def naive(op: Concat, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    result = np.zeros((len(values[0]), *output.shape), np.int64)
    begin = 0
    for value in values:
        for index in range(value.shape[1 + op.axis]):
            if op.axis == _CHANNELS:
                result[..., begin + index] = value[..., index]
            else:
                result[:, :, begin + index] = value[:, :, index]
        begin += value.shape[1 + op.axis]
    return result


KINDS = (
    Kind(
        "concat",
        Concat,
        _add_concat,
        naive,
        blocks("concat", channels=st.integers(1, 6), zero_point=zero_points, option=st.integers(0, 3)),
    ),
)
