"""Reshape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from mcugen.ir import Reshape, Tensor
from tests.support.graph_builder import LARGEST_VECTOR, Block, GraphBuilder
from tests.support.operators.kind import Kind, blocks


def reshape(builder: GraphBuilder, shape: tuple[int, int, int]) -> None:
    output = builder.output("reshape", shape, builder.source.zero_point, builder.source.scale)
    builder.append(Reshape(name=builder.name("reshape"), inputs=(builder.current,), output=output.name), output)


def _add_reshape(builder: GraphBuilder, block: Block) -> None:
    height, width, channels = builder.source.shape
    shapes = [(1, 1, height * width * channels), (width, height, channels), (1, height * width, channels)]
    shapes.append((height, channels, width) if width <= 17 else shapes[1])
    shape = shapes[block.option]
    reshape(builder, shape if shape[2] <= LARGEST_VECTOR else shapes[1])


def naive(op: Reshape, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    return values[0].reshape(len(values[0]), *output.shape)


KINDS = (Kind("reshape", Reshape, _add_reshape, naive, blocks("reshape", option=st.integers(0, 3))),)
