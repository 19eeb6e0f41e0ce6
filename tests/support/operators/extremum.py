"""Extremum: of a map with a maximum of it, and of a map with a row or a vector of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from mcugen.ir import Tensor
from mcugen.ir.operators.extremum import Extremum
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.conv import add_conv
from tests.support.operators.kind import Kind, blocks, zero_points
from tests.support.operators.max_pool import add_maximum


def _add_extremum(builder: GraphBuilder, block: Block) -> None:
    """Even options compare maps, odd ones a map and its maximum, first or second."""
    if block.option % 2 == 0:
        add_conv(builder, Block("conv", channels=block.channels, zero_point=block.zero_point, option=1))
    start, (height, width, _) = builder.current, builder.source.shape
    if block.option % 2:
        add_maximum(builder, Block("maximum", kernel=(height, width)))
    else:
        add_maximum(builder, Block("maximum", kernel=(3, 3), padding=(1, 1, 1, 1)))
        if builder.source.shape != builder.tensors[start].shape:  # the window was cut
            return
    names = (builder.current, start) if block.option > 1 else (start, builder.current)
    output = replace(builder.tensors[start], name=f"{builder.name('extremum')}_output")
    largest = block.channels % 2 == 0
    builder.append(Extremum(name=builder.name("extremum"), inputs=names, output=output.name, largest=largest), output)


def naive(op: Extremum, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    a, b = (np.broadcast_to(value, (len(value), *output.shape)) for value in values)
    return np.where((a > b) == op.largest, a, b)


KINDS = (
    Kind(
        "extremum",
        Extremum,
        _add_extremum,
        naive,
        blocks("extremum", channels=st.integers(1, 6), zero_point=zero_points, option=st.integers(0, 3)),
    ),
)
