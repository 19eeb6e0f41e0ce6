"""Add."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen.fixedpoint import Rounding, add, add_double_rounding, add_single_rounding
from mcugen.ir import Add, Tensor
from tests.support.graph_builder import Block, GraphBuilder
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
    sources = [builder.tensors[name] for name in operands]
    scale = (sources[0].scale + sources[1].scale) * float(np.exp2(builder.rng.uniform(-1.5, 0.5)))
    output = builder.output("add", source.shape, zero_point, float(np.float32(scale)))
    make = add_double_rounding if builder.rounding is Rounding.DOUBLE else add_single_rounding
    arithmetic = make(
        (sources[0].scale, sources[1].scale, output.scale),
        (sources[0].zero_point, sources[1].zero_point, zero_point),
        *builder.clamp(block),
    )
    builder.append(Add(name=builder.name("add"), inputs=operands, output=output.name, arithmetic=arithmetic), output)


def naive(op: Add, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    return add(values[0], values[1], op.arithmetic)


KINDS = (Kind("residual", Add, _add_residual, naive, blocks("residual", kernel=kernels, **anything)),)
