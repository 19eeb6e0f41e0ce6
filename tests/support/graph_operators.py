"""Every operator added to a growing graph, with random weights and calibrated multipliers."""

from __future__ import annotations

import numpy as np

from mcugen.fixedpoint import (
    Requantization,
    Rounding,
    SoftmaxNormalization,
    add_double_rounding,
    add_single_rounding,
    quantize_multiplier,
    softmax_exponentials_single,
    softmax_exponentials_tflite,
)
from mcugen.ir import (
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Lookup,
    MaxPool2D,
    Pad,
    Reshape,
    Softmax,
    Window,
)
from mcugen.ir.accumulate import accumulate_convolution, accumulate_depthwise, accumulator_bound
from tests.support.graph_builder import Block, GraphBuilder

LARGEST_VECTOR = 256
LARGEST_MAP = 4096


def _add_conv(builder: GraphBuilder, block: Block) -> None:
    source, window = builder.source, builder.window(block)
    weights = builder.weights((block.channels, *window.kernel, source.channels), 0, 3)
    bias = builder.bias(block.channels)
    matrix = weights.reshape(block.channels, -1)
    bound = accumulator_bound(matrix, bias, source)
    builder.check_bound(bound)
    values = builder.values[builder.current]
    accumulator = accumulate_convolution(values, matrix, bias, window, source.zero_point, bound)
    shape = (*window.output_size(source.height, source.width), block.channels)
    output = builder.output("conv", shape, block.zero_point)
    op = Conv2D(
        name=builder.name("conv"),
        inputs=(builder.current,),
        output=output.name,
        weights=weights,
        bias=bias,
        window=window,
        requantization=builder.requantization(accumulator, block),
    )
    builder.append(op, output)


def _add_depthwise(builder: GraphBuilder, block: Block) -> None:
    source, window = builder.source, builder.window(block)
    multiplier = block.channels if source.channels <= 17 else 1
    channels = source.channels * multiplier
    weights = builder.weights((*window.kernel, channels), 2, None)
    bias = builder.bias(channels)
    values = builder.values[builder.current]
    bound = accumulator_bound(weights.reshape(-1, channels).T, bias, source)
    builder.check_bound(bound)
    accumulator = accumulate_depthwise(values, weights, bias, window, multiplier, source.zero_point, bound)
    shape = (*window.output_size(source.height, source.width), channels)
    output = builder.output("depthwise", shape, block.zero_point)
    op = DepthwiseConv2D(
        name=builder.name("depthwise"),
        inputs=(builder.current,),
        output=output.name,
        weights=weights,
        bias=bias,
        window=window,
        requantization=builder.requantization(accumulator, block),
        depth_multiplier=multiplier,
    )
    builder.append(op, output)


def _add_fully_connected(builder: GraphBuilder, block: Block) -> None:
    if builder.source.size > LARGEST_MAP:
        _add_global_average(builder, block)
    source = builder.source
    weights = builder.weights((block.channels, source.size), 0, 1)
    bias = builder.bias(block.channels)
    builder.check_bound(accumulator_bound(weights, bias, source))
    values = builder.values[builder.current].reshape(-1, source.size).astype(np.int64)
    accumulator = (values - source.zero_point) @ weights.T.astype(np.int64) + bias
    output = builder.output("fully_connected", (1, 1, block.channels), block.zero_point)
    op = FullyConnected(
        name=builder.name("fully_connected"),
        inputs=(builder.current,),
        output=output.name,
        weights=weights,
        bias=bias,
        requantization=builder.requantization(accumulator, block),
    )
    builder.append(op, output)


def _add_residual(builder: GraphBuilder, block: Block) -> None:
    """A branch of one or two convolutions that keep the shape, added to where it began; option 0 adds it to itself."""
    start, source = builder.current, builder.source
    height, width = block.kernel
    top, left = (height - 1) // 2, (width - 1) // 2
    same = (top, height - 1 - top, left, width - 1 - left)
    clamp, zero_point = block.clamp, block.zero_point
    if block.option % 2:
        _add_depthwise(
            builder, Block("depthwise", block.kernel, padding=same, clamp=clamp, zero_point=zero_point, option=1)
        )
    if block.option > 0:
        _add_conv(builder, Block("conv", channels=source.channels, zero_point=-zero_point - 1, option=block.option))
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


def _add_global_average(builder: GraphBuilder, block: Block) -> None:
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


def _add_maximum(builder: GraphBuilder, block: Block) -> None:
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


def _add_pad(builder: GraphBuilder, block: Block) -> None:
    source = builder.source
    top, bottom, left, right = block.padding
    shape = (source.height + top + bottom, source.width + left + right, source.channels)
    if shape[0] * shape[1] * shape[2] > LARGEST_MAP:
        return
    output = builder.output("pad", shape, source.zero_point, source.scale)
    op = Pad(name=builder.name("pad"), inputs=(builder.current,), output=output.name, padding=block.padding)
    builder.append(op, output)


def _reshape(builder: GraphBuilder, shape: tuple[int, int, int]) -> None:
    output = builder.output("reshape", shape, builder.source.zero_point, builder.source.scale)
    builder.append(Reshape(name=builder.name("reshape"), inputs=(builder.current,), output=output.name), output)


def _add_reshape(builder: GraphBuilder, block: Block) -> None:
    height, width, channels = builder.source.shape
    shapes = [(1, 1, height * width * channels), (width, height, channels), (1, height * width, channels)]
    shapes.append((height, channels, width) if width <= 17 else shapes[1])
    shape = shapes[block.option]
    _reshape(builder, shape if shape[2] <= LARGEST_VECTOR else shapes[1])


def _add_lookup(builder: GraphBuilder, block: Block) -> None:
    """A non-decreasing table for option 0, any table for option 1."""
    output = builder.output("lookup", builder.source.shape, block.zero_point)
    table = builder.rng.integers(-128, 128, 256)
    if block.option == 0:
        table.sort()
    op = Lookup(name=builder.name("lookup"), inputs=(builder.current,), output=output.name, table=table)
    builder.append(op, output)


def _add_softmax(builder: GraphBuilder, block: Block) -> None:
    """Over logits that a fully connected layer makes (option 1), or over the map itself as one vector.

    TensorFlow Lite's takes long vectors, whose exponentials sum up to 512 and more.
    """
    double = builder.rounding is Rounding.DOUBLE
    if block.option or builder.source.size > LARGEST_VECTOR * (4 if double else 1):
        _add_fully_connected(builder, Block("fully_connected", channels=block.channels))
    elif builder.source.shape[:2] != (1, 1):
        _reshape(builder, (1, 1, builder.source.size))
    output = builder.output("softmax", builder.source.shape, -128, 1 / 256)
    exponentials = softmax_exponentials_tflite if double else softmax_exponentials_single
    op = Softmax(
        name=builder.name("softmax"),
        inputs=(builder.current,),
        output=output.name,
        exponentials=exponentials(builder.source.scale, 1.0),
        normalization=SoftmaxNormalization.RECIPROCAL if double else SoftmaxNormalization.DIVIDE,
    )
    builder.append(op, output)


ADDERS = {
    "conv": _add_conv,
    "depthwise": _add_depthwise,
    "fully_connected": _add_fully_connected,
    "residual": _add_residual,
    "average": _add_average,
    "global_average": _add_global_average,
    "maximum": _add_maximum,
    "pad": _add_pad,
    "reshape": _add_reshape,
    "lookup": _add_lookup,
    "softmax": _add_softmax,
}
