"""Synthetic layers in which a map is read twice: by what it is multiplied by, and beside what is made of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from layer_blocks import ENDINGS, LINEAR, RELU, SAME, rounding

from mcugen.fixedpoint import Requantization, quantize_multiplier
from mcugen.ir import Graph
from mcugen.ir.operators.concat import Concat
from mcugen.ir.operators.mul import Mul
from tests.support.calm_graphs import CalmBuilder
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators import ADDERS

_CHANNELS = 2
"""The axis."""


def activated(number: int) -> Graph:
    """Maps times a function of themselves, as in swish: no product is above the output's range, some are below. They
    are read as pixels, as planes, and by a mean of all."""
    size, depths = (10, 14, 9, 12)[number], ((8, 16, 12), (6, 24, 10), (12, 4, 20), (16, 8, 32))[number]
    builder = _started((size, size + number, 1 + number % 2), 1 if number % 2 == 0 else number // 2)
    for position, depth in enumerate(depths):
        side = 3 if position == 0 else 1
        padding = (side // 2,) * 4
        _add(builder, Block("conv", (side, side), padding=padding, channels=depth, **{**LINEAR, "zero_point": 4}))
        _add_activation(builder, zero_point=(-117, -119, -122)[position], reach=(137, 120, 141)[number % 3])
        _add(builder, Block("depthwise", (3, 3), (1 + position % 2,) * 2, SAME, **{**LINEAR, "zero_point": -16}))
        _add_activation(builder, zero_point=-118, reach=139)
    _add(builder, Block("conv", channels=8, **LINEAR))
    _add_activation(builder, zero_point=-123, reach=132)
    _add(builder, Block("global_average", zero_point=-106, option=1))
    _add(builder, Block("conv", channels=5, **LINEAR))
    return builder.finish()


def joined(number: int) -> Graph:
    """Maps beside what pointwise and depthwise convolutions make of them, in front of another depthwise one."""
    several = (8, 12, 20), (4, 6, 10), (24, 24, 16), (12, 8, 30)
    depths = (*several, (6, 10, 8), (16, 3, 12), (10, 20, 6), (8, 16, 4))[number]
    size = (10, 13, 8, 16, 18, 9, 12, 15)[number]
    builder = _started((size, size - number % 4, 1 + number % 3), number)
    for position, ending in enumerate(ENDINGS):
        _add(builder, Block("conv", (3, 3), padding=SAME, channels=depths[position], **RELU))
        start = builder.current
        if (number + position) % 2 == 0:
            _add(builder, Block("conv", channels=depths[1], **RELU))
            beside = [builder.current]
        else:
            beside = []
        builder.current = start
        _add(builder, Block("depthwise", (3, 3), (1, 1), SAME, **RELU))
        _add(builder, Block("conv", channels=depths[2], **RELU))
        _append_concat(builder, (*beside, builder.current, start)[:: 1 - 2 * (number // 2 % 2)])
        _add(builder, Block("depthwise", (3, 3), (1 + position,) * 2, SAME, **ending))
    _add(builder, Block("conv", channels=4, **LINEAR))
    return builder.finish()


def _started(shape: tuple[int, int, int], number: int) -> CalmBuilder:
    builder = CalmBuilder(rounding(number), np.random.default_rng(number))
    builder.start(shape, -128)
    return builder


def _add(builder: GraphBuilder, block: Block) -> None:
    ADDERS[block.kind](builder, block)


def _add_activation(builder: GraphBuilder, zero_point: int, reach: int) -> None:
    """The current map times a growing function of it. reach: what the largest product is stored as, less the zero
    point; that fits, more or less."""
    start = builder.source
    _add(builder, Block("lookup", zero_point=-128, option=0))
    reach = min(reach, 127 - zero_point)
    real = reach / ((127 - start.zero_point) * 255)
    output = builder.output("mul", start.shape, zero_point)
    multiplier, shift = quantize_multiplier(real)
    constants = np.array([multiplier]), np.array([shift])
    requantization = Requantization(*constants, builder.rounding, zero_point, -128, 127)
    operands = (start.name, builder.current)
    op = Mul(name=builder.name("mul"), inputs=operands, output=output.name, requantization=requantization)
    builder.append(op, output)


def _append_concat(builder: GraphBuilder, names: tuple[str, ...]) -> None:
    first = builder.tensors[names[0]]
    depth = sum(builder.tensors[name].channels for name in names)
    output = replace(first, name=f"{builder.name('concat')}_output", shape=(*first.shape[:2], depth))
    builder.append(Concat(name=builder.name("concat"), inputs=names, output=output.name, axis=_CHANNELS), output)
