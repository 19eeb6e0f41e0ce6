"""L2Normalize."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from mcugen.fixedpoint import unit_length
from mcugen.ir import Tensor
from mcugen.ir.operators.l2_normalize import FRACTION_BITS, MOST_FRACTION_BITS, L2Normalize
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.fully_connected import add_fully_connected
from tests.support.operators.kind import Kind, blocks, channels, zero_points


def _add_l2_normalize(builder: GraphBuilder, block: Block) -> None:
    """Of the map, or of what a fully connected layer makes of it (option 1)."""
    if block.option:
        add_fully_connected(
            builder, Block("fully_connected", channels=block.channels, zero_point=block.zero_point, clamp=block.clamp)
        )
    bits = int(builder.rng.integers(FRACTION_BITS, MOST_FRACTION_BITS + 1))
    output = builder.output("l2_normalize", builder.source.shape, 0, 2.0**-bits)
    op = L2Normalize(
        name=builder.name("l2_normalize"), inputs=(builder.current,), output=output.name, fraction_bits=bits
    )
    builder.append(op, output)


def naive(op: L2Normalize, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    result = np.zeros((len(values[0]), *output.shape), np.int64)
    for y, x in np.ndindex(*output.shape[:2]):
        result[:, y, x] = unit_length(values[0][:, y, x] - inputs[0].zero_point, op.fraction_bits) + op.output_offset
    return result


KINDS = (
    Kind(
        "l2_normalize",
        L2Normalize,
        _add_l2_normalize,
        naive,
        blocks(
            "l2_normalize",
            channels=channels,
            zero_point=zero_points,
            clamp=st.sampled_from(("none", "relu")),
            option=st.integers(0, 1),
        ),
        is_head=True,
    ),
)
