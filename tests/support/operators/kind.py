"""What tests know of an operator: how random graphs get it, and what its docstring says, read a second time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from mcugen.ir import Operator
from tests.support.graph_builder import FAR, Block, GraphBuilder

Naive = Callable[..., np.ndarray]
"""(operator, values of its inputs as int64, their tensors, the output's tensor) -> the output's values, computed from
the docstring in int64, one output pixel at a time where that matters, sharing nothing with the reference but
`mcugen.fixedpoint`."""


@dataclass(frozen=True)
class Kind:
    """A kind of block that random graphs are made of.

    name: of `Block.kind`. operator: that it is about. add: appends it to a graph. blocks: strategy for its blocks.
    is_head: it only comes last. examples: blocks whose rows others read, one where nothing else is said.
    """

    name: str
    operator: type[Operator]
    add: Callable[[GraphBuilder, Block], None]
    naive: Naive
    blocks: st.SearchStrategy[Block]
    is_head: bool = False
    examples: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        if not self.examples and not self.is_head:
            object.__setattr__(self, "examples", (Block(self.name),))


zero_points = st.one_of(st.sampled_from([0, -128, 127, -1, 1]), st.integers(-128, 127))
kernels = st.sampled_from([(1, 1), (3, 3), (5, 5), (1, 3), (3, 1), (2, 2), (3, 2), (4, 5), (1, 2)])
strides = st.sampled_from([(1, 1), (2, 2), (1, 2), (2, 1), (3, 3), (3, 1)])
paddings = st.one_of(
    st.sampled_from([(0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 0, 1), (2, 2, 2, 2)]), st.tuples(*[st.integers(0, 3)] * 4)
)
channels = st.integers(1, 17)
clamps = st.sampled_from(("none", "relu", "relu6"))
windows = {"kernel": kernels, "stride": strides, "padding": paddings}
same = (1, 1, 1, 1)
rectified = {"clamp": "relu", "zero_point": -128, "option": 1}
anything = {"clamp": clamps, "zero_point": zero_points, "option": st.integers(0, FAR)}


def blocks(kind: str, **fields: st.SearchStrategy[object]) -> st.SearchStrategy[Block]:
    """Blocks of a kind with these fields."""
    return st.builds(Block, kind=st.just(kind), **fields)
