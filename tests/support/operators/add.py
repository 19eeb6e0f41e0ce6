"""Add: of a branch to where it began, and of two operands of which one may be a vector, sums and differences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from mcugen.fixedpoint import Rounding, add, add_double_rounding, add_single_rounding
from mcugen.ir import Add, Tensor
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.branches import two_operands
from tests.support.operators.conv import add_conv
from tests.support.operators.depthwise_conv import add_depthwise
from tests.support.operators.kind import Kind, anything, blocks, kernels


def _add_residual(builder: GraphBuilder, block: Block) -> None:
    """A branch of one or two convolutions that keep the shape, added to where it began; option 0 adds it to itself."""
    start, source = builder.current, builder.source
    height, width = block.kernel
    top, left = (height - 1) // 2, (width - 1) // 2
    same = (top, height - 1 - top, left, width - 1 - left)
    clamp, zero_point = block.clamp, block.zero_point
    if block.option % 2:
        add_depthwise(
            builder, Block("depthwise", block.kernel, padding=same, clamp=clamp, zero_point=zero_point, option=1)
        )
    if block.option > 0:
        add_conv(builder, Block("conv", channels=source.channels, zero_point=-zero_point - 1, option=block.option))
    if builder.source.shape != source.shape:  # the window was cut
        return
    operands = (start, builder.current)
    _append_sum(builder, block, operands, difference=False)


def _add_operands(builder: GraphBuilder, block: Block) -> None:
    """A difference for odd channels of the block."""
    _append_sum(builder, block, two_operands(builder, block), difference=block.channels % 2 == 1)


def _append_sum(builder: GraphBuilder, block: Block, operands: tuple[str, str], *, difference: bool) -> None:
    sources = [builder.tensors[name] for name in operands]
    shape = max((tensor.shape for tensor in sources), key=lambda shape: shape[0] * shape[1])
    scale = (sources[0].scale + sources[1].scale) * float(np.exp2(builder.rng.uniform(-1.5, 0.5)))
    output = builder.output("add", shape, block.zero_point, float(np.float32(scale)))
    make = add_double_rounding if builder.rounding is Rounding.DOUBLE else add_single_rounding
    arithmetic = make(
        (sources[0].scale, sources[1].scale, output.scale),
        (sources[0].zero_point, sources[1].zero_point, block.zero_point),
        *builder.clamp(block),
    )
    if difference:
        arithmetic = arithmetic.of_difference()
    builder.append(Add(name=builder.name("add"), inputs=operands, output=output.name, arithmetic=arithmetic), output)


def naive(op: Add, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    whole = (len(values[0]), *output.shape)
    return add(*(np.broadcast_to(value, whole) for value in values), op.arithmetic)


KINDS = (
    Kind(
        "residual",
        Add,
        _add_residual,
        naive,
        blocks("residual", kernel=kernels, **anything),
        examples=(Block("residual", (3, 3), option=1),),
    ),
    Kind("add", Add, _add_operands, naive, blocks("add", channels=st.integers(1, 2), **anything)),
)
