"""Second operands for operators of two maps: a branch of the current map, or a vector made of it."""

from __future__ import annotations

from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.average_pool import add_global_average
from tests.support.operators.conv import add_conv

BRANCHES = 4
"""Values of an option: the map itself, a convolution of it, and a vector of it, second or first."""


def two_operands(builder: GraphBuilder, block: Block) -> tuple[str, str]:
    """Names of two tensors of which one has the current map's shape, and the other that or a vector's."""
    start, channels = builder.current, builder.source.channels
    if block.option >= BRANCHES - 2:
        add_global_average(builder, Block("mean", zero_point=block.zero_point, option=1))
    if block.option > 0:
        add_conv(builder, Block("conv", channels=channels, zero_point=-block.zero_point - 1, option=block.option))
    return (builder.current, start) if block.option == BRANCHES - 1 else (start, builder.current)
