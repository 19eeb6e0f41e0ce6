"""Softmax."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from mcugen.fixedpoint import (
    Rounding,
    SoftmaxNormalization,
    softmax_exponentials_single,
    softmax_exponentials_tflite,
    softmax_normalize,
)
from mcugen.ir import Softmax, Tensor
from tests.support.graph_builder import LARGEST_VECTOR, Block, GraphBuilder
from tests.support.operators.fully_connected import add_fully_connected
from tests.support.operators.kind import Kind, blocks, channels
from tests.support.operators.reshape import reshape


def _add_softmax(builder: GraphBuilder, block: Block) -> None:
    """Over logits that a fully connected layer makes (option 1), over the map itself as one vector, or at every
    position of the map (option 2).

    TensorFlow Lite's takes long vectors, whose exponentials sum up to 512 and more.
    """
    double = builder.rounding is Rounding.DOUBLE
    if block.option == 2:
        pass
    elif block.option or builder.source.size > LARGEST_VECTOR * (4 if double else 1):
        add_fully_connected(builder, Block("fully_connected", channels=block.channels))
    elif builder.source.shape[:2] != (1, 1):
        reshape(builder, (1, 1, builder.source.size))
    output = builder.output("softmax", builder.source.shape, -128, 1 / 256)
    exponentials = softmax_exponentials_tflite if double else softmax_exponentials_single
    op = Softmax(
        name=builder.name("softmax"),
        inputs=(builder.current,),
        output=output.name,
        exponentials=exponentials(builder.source.scale, 1.0),
        normalization=SoftmaxNormalization.RECIPROCAL if double else SoftmaxNormalization.DIVIDE,
    )
    builder.append(op, output)


def naive(op: Softmax, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    exponentials = op.exponentials[values[0].max(axis=3, keepdims=True) - values[0]]
    rows = softmax_normalize(exponentials.reshape(-1, exponentials.shape[3]), op.normalization)
    return rows.reshape(values[0].shape) + op.output_offset


KINDS = (
    Kind(
        "softmax",
        Softmax,
        _add_softmax,
        naive,
        blocks("softmax", channels=channels, option=st.integers(0, 2)),
        is_head=True,
    ),
)
