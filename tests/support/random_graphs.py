"""Hypothesis strategies for random graphs of every operator, built without a model file.

Hypothesis draws the structure (so that it shrinks to few, small layers); a NumPy generator seeded with one drawn
integer draws weights, biases and multipliers. Multipliers are calibrated on a batch run through the reference, so that
most outputs vary within their range; some channels are left uncalibrated, constant or saturated on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from mcugen.fixedpoint import (
    Requantization,
    Rounding,
    SoftmaxNormalization,
    add_double_rounding,
    add_single_rounding,
    quantize_multiplier,
    quantize_multipliers,
    softmax_exponentials_single,
    softmax_exponentials_tflite,
)
from mcugen.ir import (
    Add,
    AveragePool2D,
    Border,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Graph,
    Lookup,
    MaxPool2D,
    Operator,
    Pad,
    Reshape,
    Softmax,
    Tensor,
    Window,
    verify,
)
from mcugen.reference.accumulate import accumulate_convolution, accumulate_depthwise, accumulator_bound
from mcugen.reference.interpreter import apply

CLAMPS = ("none", "relu", "relu6")
LARGEST_SCALE = 3.99  # a shift of +2
CALIBRATION_IMAGES = 6
LARGEST_VECTOR = 256
LARGEST_MAP = 4096


@dataclass(frozen=True)
class Block:
    """What Hypothesis draws for one operator; which fields count depends on the kind."""

    kind: str
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    channels: int = 1
    clamp: str = "none"
    zero_point: int = 0
    option: int = 0


def random_inputs(graph: Graph, count: int, seed: int) -> np.ndarray:
    """`count` seeded random images, then the extremes: all lowest, all highest, zero point, two checkerboards.

    Returns [count + 5, height, width, channels] of the input tensor's dtype.
    """
    return _random_maps(graph.input_tensor, count, np.random.default_rng(seed))


def _random_maps(tensor: Tensor, count: int, rng: np.random.Generator) -> np.ndarray:
    images = rng.integers(tensor.qmin, tensor.qmax + 1, (count, *tensor.shape))
    checkerboard = np.indices(tensor.shape).sum(axis=0) % 2
    extremes = [
        np.full(tensor.shape, tensor.qmin),
        np.full(tensor.shape, tensor.qmax),
        np.full(tensor.shape, tensor.zero_point),
        np.where(checkerboard, tensor.qmax, tensor.qmin),
        np.where(checkerboard, tensor.qmin, tensor.qmax),
    ]
    return np.concatenate([images, np.stack(extremes)]).astype(tensor.dtype)


zero_points = st.one_of(st.sampled_from([0, -128, 127, -1, 1]), st.integers(-128, 127))
_kernels = st.sampled_from([(1, 1), (3, 3), (5, 5), (1, 3), (3, 1), (2, 2), (3, 2), (4, 5), (1, 2)])
_strides = st.sampled_from([(1, 1), (2, 2), (1, 2), (2, 1), (3, 3), (3, 1)])
_paddings = st.one_of(
    st.sampled_from([(0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 0, 1), (2, 2, 2, 2)]), st.tuples(*[st.integers(0, 3)] * 4)
)
_channels = st.integers(1, 17)
_clamps = st.sampled_from(CLAMPS)


def _blocks(kind: str, **fields: st.SearchStrategy[object]) -> st.SearchStrategy[Block]:
    return st.builds(Block, kind=st.just(kind), **fields)


_window_fields = {"kernel": _kernels, "stride": _strides, "padding": _paddings}
_output_fields = {"clamp": _clamps, "zero_point": zero_points, "option": st.integers(0, 3)}
_pointwise = _blocks("conv", channels=_channels, **_output_fields)
_conv = _blocks("conv", channels=_channels, **_window_fields, **_output_fields)
_depthwise = _blocks("depthwise", channels=st.integers(1, 3), **_window_fields, **_output_fields)
_residual = _blocks("residual", kernel=_kernels, **_output_fields)
_pools = st.one_of(
    _blocks("average", **_window_fields, **_output_fields),
    _blocks("global_average", **_output_fields),
    _blocks("maximum", **_window_fields, **_output_fields),
)
_rest = st.one_of(
    _blocks("pad", padding=_paddings),
    _blocks("reshape", option=st.integers(0, 3)),
    _blocks("lookup", zero_point=zero_points, option=st.integers(0, 1)),
    _blocks("fully_connected", channels=_channels, **_output_fields),
)
_heads = st.one_of(st.none(), _blocks("softmax", channels=_channels, option=st.integers(0, 1)))


def graphs(max_blocks: int = 5, max_size: int = 9) -> st.SearchStrategy[Graph]:
    """Random verified graphs: chains and residual diamonds of every operator, both roundings, without overflow.

    max_blocks: operators before the head (a residual block counts once). max_size: of the input's height and width.
    A falsifying example is printed as the call of `build` that makes it.
    """
    size = st.integers(1, max_size)
    blocks = st.one_of(_pointwise, _conv, _depthwise, _residual, _pools, _rest)
    return st.builds(
        build,
        shape=st.tuples(size, size, _channels),
        zero_point=zero_points,
        rounding=st.sampled_from(Rounding),
        blocks=st.lists(blocks, min_size=1, max_size=max_blocks),
        head=_heads,
        seed=st.integers(0, (1 << 16) - 1),
    )


def build(
    shape: tuple[int, int, int],
    zero_point: int,
    rounding: Rounding,
    blocks: list[Block],
    head: Block | None = None,
    seed: int = 0,
) -> Graph:
    """The graph that a seed makes of blocks and a head. Windows that do not fit a map are cut to its size."""
    builder = _Builder(rounding, np.random.default_rng(seed))
    builder.start(shape, zero_point)
    for block in blocks if head is None else [*blocks, head]:
        _ADDERS[block.kind](builder, block)
    return builder.finish()


@dataclass
class _Builder:
    """A growing graph and, for every tensor, the calibration batch's values."""

    rounding: Rounding
    rng: np.random.Generator
    tensors: dict[str, Tensor] = field(default_factory=dict)
    operators: list[Operator] = field(default_factory=list)
    values: dict[str, np.ndarray] = field(default_factory=dict)
    current: str = "input"

    def start(self, shape: tuple[int, int, int], zero_point: int) -> None:
        tensor = Tensor("input", shape, "int8", self.random_scale(), zero_point)
        self.tensors["input"] = tensor
        self.values["input"] = _random_maps(tensor, CALIBRATION_IMAGES, self.rng)

    def finish(self) -> Graph:
        borders = [self._border(self.tensors["input"]), self._border(self.tensors[self.current])]
        graph = Graph("random", self.tensors, tuple(self.operators), "input", self.current, borders[0], borders[1])
        return verify(graph)

    @staticmethod
    def _border(tensor: Tensor) -> Border:
        return Border("int8", tensor.scale, tensor.zero_point, "half_away", "NHWC", (1, *tensor.shape))

    @property
    def source(self) -> Tensor:
        return self.tensors[self.current]

    def random_scale(self) -> float:
        return float(np.float32(np.exp2(self.rng.uniform(-7, -3))))

    def name(self, kind: str) -> str:
        return f"{kind}_{len(self.operators)}"

    def output(self, kind: str, shape: tuple[int, int, int], zero_point: int, scale: float | None = None) -> Tensor:
        """A new tensor for the next operator, named after it."""
        scale = self.random_scale() if scale is None else scale
        return Tensor(f"{self.name(kind)}_output", shape, "int8", scale, zero_point)

    def append(self, op: Operator, output: Tensor) -> None:
        self.operators.append(op)
        self.tensors[output.name] = output
        inputs = [self.tensors[name] for name in op.inputs]
        self.values[output.name] = apply(op, [self.values[name] for name in op.inputs], inputs, output)
        self.current = output.name

    def window(self, block: Block) -> Window:
        """The block's window, cut to the current map; padding stays smaller than the kernel."""
        height, width, _ = self.source.shape
        top, bottom, left, right = block.padding
        top, bottom = min(top, block.kernel[0] - 1), min(bottom, block.kernel[0] - 1)
        left, right = min(left, block.kernel[1] - 1), min(right, block.kernel[1] - 1)
        kernel = (min(block.kernel[0], height + top + bottom), min(block.kernel[1], width + left + right))
        top, bottom = min(top, kernel[0] - 1), min(bottom, kernel[0] - 1)
        left, right = min(left, kernel[1] - 1), min(right, kernel[1] - 1)
        kernel = (min(kernel[0], height + top + bottom), min(kernel[1], width + left + right))
        return Window(kernel=kernel, stride=block.stride, padding=(top, bottom, left, right))

    def weights(self, shape: tuple[int, ...], out_axis: int, in_axis: int | None) -> np.ndarray:
        """int8 weights, dense or nearly sparse, some channels all zero: constant outputs, inputs that nothing reads."""
        largest = self.rng.choice([127, 127, 20, 1])
        weights = self.rng.integers(-largest - (largest == 127), largest + 1, shape)
        for axis, probability in ((out_axis, 0.15), (in_axis, 0.1)):
            if axis is not None:
                selector = [1] * len(shape)
                selector[axis] = shape[axis]
                weights = weights * (self.rng.random(selector) >= probability)
        return weights.astype(np.int8)

    def bias(self, channels: int) -> np.ndarray:
        """int32 biases, a few of them so large that the channel saturates."""
        bias = self.rng.integers(-2000, 2001, channels)
        large = self.rng.integers(-(1 << 22), 1 << 22, channels)
        return np.where(self.rng.random(channels) < 0.1, large, bias).astype(np.int32)

    @staticmethod
    def check_bound(bound: np.ndarray) -> None:
        """No accumulator leaves int32, even after the largest left shift."""
        assert bound.max() * np.ceil(LARGEST_SCALE) < 1 << 31

    def requantization(self, accumulator: np.ndarray, block: Block) -> Requantization:
        """Multipliers under which most channels of a calibration accumulator [..., C] fill the output's range.

        option 0: per tensor. 1, 2: per channel. 3: per channel with a spread that saturates or vanishes.
        """
        flat = accumulator.reshape(-1, accumulator.shape[-1]).astype(np.float64)
        reach = np.maximum(np.abs(flat).max(axis=0), 1)
        if block.option == 0:
            reach = np.array([np.median(reach)])
        spread = 4.0 if block.option == 3 else 1.0
        reals = self.rng.uniform(40, 250) / reach * np.exp2(self.rng.uniform(-spread, spread, len(reach)))
        uncalibrated = self.rng.random(len(reach)) < 0.15
        reals = np.where(uncalibrated, np.exp2(self.rng.uniform(-20, 2, len(reach))), reals)
        multiplier, shift = quantize_multipliers(np.minimum(reals, LARGEST_SCALE))
        extreme = self.rng.choice([1 << 30, (1 << 31) - 1], len(reach))
        multiplier = np.where(self.rng.random(len(reach)) < 0.05, extreme, multiplier)
        dead = self.rng.random(len(reach)) < 0.05
        multiplier, shift = np.where(dead, 0, multiplier), np.where(dead, 0, shift)
        minimum, maximum = self.clamp(block)
        return Requantization(multiplier, shift, self.rounding, block.zero_point, minimum, maximum)

    def clamp(self, block: Block) -> tuple[int, int]:
        """(minimum, maximum) of the stored output under the block's activation."""
        if block.clamp == "none":
            return -128, 127
        if block.clamp == "relu":
            return block.zero_point, 127
        return block.zero_point, min(127, block.zero_point + int(self.rng.integers(1, 255)))


def _add_conv(builder: _Builder, block: Block) -> None:
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


def _add_depthwise(builder: _Builder, block: Block) -> None:
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


def _add_fully_connected(builder: _Builder, block: Block) -> None:
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


def _add_residual(builder: _Builder, block: Block) -> None:
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


def _add_average(builder: _Builder, block: Block) -> None:
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


def _add_global_average(builder: _Builder, block: Block) -> None:
    source = builder.source
    _append_rescaled_average(builder, block, Window(kernel=(source.height, source.width)))


def _append_rescaled_average(builder: _Builder, block: Block, window: Window) -> None:
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


def _add_maximum(builder: _Builder, block: Block) -> None:
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


def _add_pad(builder: _Builder, block: Block) -> None:
    source = builder.source
    top, bottom, left, right = block.padding
    shape = (source.height + top + bottom, source.width + left + right, source.channels)
    if shape[0] * shape[1] * shape[2] > LARGEST_MAP:
        return
    output = builder.output("pad", shape, source.zero_point, source.scale)
    op = Pad(name=builder.name("pad"), inputs=(builder.current,), output=output.name, padding=block.padding)
    builder.append(op, output)


def _reshape(builder: _Builder, shape: tuple[int, int, int]) -> None:
    output = builder.output("reshape", shape, builder.source.zero_point, builder.source.scale)
    builder.append(Reshape(name=builder.name("reshape"), inputs=(builder.current,), output=output.name), output)


def _add_reshape(builder: _Builder, block: Block) -> None:
    height, width, channels = builder.source.shape
    shapes = [(1, 1, height * width * channels), (width, height, channels), (1, height * width, channels)]
    shapes.append((height, channels, width) if width <= 17 else shapes[1])
    shape = shapes[block.option]
    _reshape(builder, shape if shape[2] <= LARGEST_VECTOR else shapes[1])


def _add_lookup(builder: _Builder, block: Block) -> None:
    """A non-decreasing table for option 0, any table for option 1."""
    output = builder.output("lookup", builder.source.shape, block.zero_point)
    table = builder.rng.integers(-128, 128, 256)
    if block.option == 0:
        table.sort()
    op = Lookup(name=builder.name("lookup"), inputs=(builder.current,), output=output.name, table=table)
    builder.append(op, output)


def _add_softmax(builder: _Builder, block: Block) -> None:
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


_ADDERS = {
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
