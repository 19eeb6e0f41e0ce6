"""Resize."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from mcugen.ir import Tensor
from mcugen.ir.operators.resize import Resize
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.kind import Kind, blocks

_ONE = 1024


def _add_resize(builder: GraphBuilder, block: Block) -> None:
    """To one to two times the size; any positions for option 0, for option 1 neighbours that go down and right, and
    for option 2 equally far apart."""
    source = builder.source

    def taps(size: int) -> np.ndarray:
        wanted = int(builder.rng.integers(1, 2 * size + 1))
        first = builder.rng.integers(0, size, wanted)
        if block.option == 1:
            first = np.sort(first)
        if block.option == 2:
            first = np.arange(wanted) * size // wanted
        second = builder.rng.integers(0, size, wanted) if block.option == 0 else np.minimum(first + 1, size - 1)
        weight = builder.rng.integers(0, _ONE + 1, wanted)
        weight = np.where(first == second, builder.rng.integers(-_ONE // 2, _ONE + 1, wanted), weight)
        return np.stack([first, second, weight], axis=1)

    rows, columns = taps(source.height), taps(source.width)
    shape = (len(rows), len(columns), source.channels)
    output = replace(source, name=f"{builder.name('resize')}_output", shape=shape)
    op = Resize(name=builder.name("resize"), inputs=(builder.current,), output=output.name, rows=rows, columns=columns)
    builder.append(op, output)


def naive(op: Resize, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    result = np.zeros((len(values[0]), *output.shape), np.int64)
    for y, (top, bottom, down) in enumerate(op.rows.tolist()):
        for x, (near, far, right) in enumerate(op.columns.tolist()):
            corners = [
                (top, near, (_ONE - down) * (_ONE - right)),
                (bottom, near, down * (_ONE - right)),
                (top, far, (_ONE - down) * right),
                (bottom, far, down * right),
            ]
            total = sum((values[0][:, i, j] - op.origin) * weight for i, j, weight in corners)
            result[:, y, x] = np.sign(total) * ((np.abs(total) + (1 << 19)) // (1 << 20)) + op.origin
    return result


KINDS = (Kind("resize", Resize, _add_resize, naive, blocks("resize", option=st.integers(0, 2))),)
