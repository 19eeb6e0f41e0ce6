"""MaxPool2D."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen.ir import MaxPool2D, Tensor
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.kind import Kind, anything, blocks, windows
from tests.support.operators.windows import over_windows


def add_maximum(builder: GraphBuilder, block: Block) -> None:
    source, window = builder.source, builder.window(block)
    shape = (*window.output_size(source.height, source.width), source.channels)
    output = builder.output("maximum", shape, source.zero_point, source.scale)
    minimum, maximum = builder.clamp(Block("maximum", clamp=block.clamp, zero_point=source.zero_point))
    op = MaxPool2D(
        name=builder.name("maximum"),
        inputs=(builder.current,),
        output=output.name,
        window=window,
        minimum=minimum,
        maximum=maximum,
    )
    builder.append(op, output)


def naive(op: MaxPool2D, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    return np.clip(over_windows(values[0], op.window, None, lambda c: c.max(axis=1)), op.minimum, op.maximum)


KINDS = (
    Kind(
        "maximum",
        MaxPool2D,
        add_maximum,
        naive,
        blocks("maximum", **windows, **anything),
        examples=(Block("maximum", (2, 2), (2, 2)),),
    ),
)
