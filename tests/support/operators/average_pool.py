"""AveragePool2D: with a division, and with a requantization."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen.fixedpoint import Requantization, Rounding, average, quantize_multiplier, requantize
from mcugen.ir import AveragePool2D, Tensor, Window
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.kind import Kind, anything, blocks, windows
from tests.support.operators.windows import over_windows


def _add_average(builder: GraphBuilder, block: Block) -> None:
    """TensorFlow Lite's AVERAGE_POOL_2D for even options, a requantization of the sum for odd ones."""
    if block.option % 2:
        _append_rescaled_average(builder, block, builder.window(Block("average", block.kernel, block.stride)))
        return
    source, window = builder.source, builder.window(block)
    shape = (*window.output_size(source.height, source.width), source.channels)
    output = builder.output("average", shape, source.zero_point, source.scale)
    minimum, maximum = builder.clamp(Block("average", clamp=block.clamp, zero_point=source.zero_point))
    op = AveragePool2D(
        name=builder.name("average"),
        inputs=(builder.current,),
        output=output.name,
        window=window,
        minimum=minimum,
        maximum=maximum,
    )
    builder.append(op, output)


def add_global_average(builder: GraphBuilder, block: Block) -> None:
    source = builder.source
    _append_rescaled_average(builder, block, Window(kernel=(source.height, source.width)))


def _append_rescaled_average(builder: GraphBuilder, block: Block, window: Window) -> None:
    """The multiplier as TensorFlow Lite's MEAN folds the count into it, or as a single real number."""
    source = builder.source
    count = window.kernel[0] * window.kernel[1]
    output = builder.output(
        "mean", (*window.output_size(source.height, source.width), source.channels), block.zero_point
    )
    if builder.rounding is Rounding.DOUBLE:
        multiplier, shift = quantize_multiplier(source.scale / output.scale)
        bits = min(count.bit_length() - 1, 32, 31 + shift)
        multiplier, shift = (multiplier << bits) // count, shift - bits
    else:
        multiplier, shift = quantize_multiplier(source.scale / (output.scale * count))
    minimum, maximum = builder.clamp(block)
    op = AveragePool2D(
        name=builder.name("mean"),
        inputs=(builder.current,),
        output=output.name,
        window=window,
        requantization=Requantization(
            np.array([multiplier], np.int64),
            np.array([shift], np.int64),
            builder.rounding,
            block.zero_point,
            minimum,
            maximum,
        ),
        minimum=minimum,
        maximum=maximum,
    )
    builder.append(op, output)


def naive(op: AveragePool2D, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    if op.requantization is not None:
        total = over_windows(values[0] - inputs[0].zero_point, op.window, None, lambda c: c.sum(axis=1))
        return requantize(total, op.requantization)
    mean = over_windows(
        values[0] - op.input_origin, op.window, None, lambda c: average(c.sum(axis=1, dtype=np.int64), c.shape[1])
    )
    return np.clip(mean + op.output_origin, op.minimum, op.maximum)


KINDS = (
    Kind(
        "average",
        AveragePool2D,
        _add_average,
        naive,
        blocks("average", **windows, **anything),
        examples=(
            Block("average", (2, 2), (2, 2)),
            Block("average", (2, 2), (2, 2), option=1, zero_point=3),
        ),
    ),
    Kind("global_average", AveragePool2D, add_global_average, naive, blocks("global_average", **anything)),
)
