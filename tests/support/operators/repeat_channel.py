"""RepeatChannel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mcugen.ir import Tensor
from mcugen.ir.operators.repeat_channel import RepeatChannel
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.conv import add_conv
from tests.support.operators.kind import Kind, blocks, channels


def _add_repeated(builder: GraphBuilder, block: Block) -> None:
    """A convolution to one channel, over as many as the block has."""
    add_conv(builder, Block("conv", channels=1, option=1))
    source = builder.source
    shape = (source.height, source.width, block.channels)
    output = replace(source, name=f"{builder.name('repeat')}_output", shape=shape)
    op = RepeatChannel(name=builder.name("repeat"), inputs=(builder.current,), output=output.name)
    builder.append(op, output)


def naive(op: RepeatChannel, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    result = np.zeros((len(values[0]), *output.shape), np.int64)
    for c in range(output.channels):
        result[..., c] = values[0][..., 0]
    return result


KINDS = (Kind("repeat", RepeatChannel, _add_repeated, naive, blocks("repeat", channels=channels)),)
