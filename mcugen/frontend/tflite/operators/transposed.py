"""TRANSPOSE_CONV: an ordinary convolution that makes a block of pixels of each, and the blocks spread out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.blocks import spread_blocks
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.moves import part
from mcugen.frontend.tflite.operators.weights import check_scales, read_bias, read_weights
from mcugen.frontend.tflite.quantization import activation_clamp, fused_activation, weighted_requantization
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import UNBOUNDED, Conv2D, Operator, Window

_LARGEST_WEIGHTS = 1 << 23
_LARGEST_STRIDE = 64


@dataclass(frozen=True)
class _Axis:
    """One axis of TensorFlow Lite's loop: output position y gets the input at i times the tap y + padding - i * stride.

    With y + padding = stride * p + a, phase a of block p reads the inputs p - d at the taps a + stride * d, for d from
    0: a convolution over `taps` inputs that end with the one at p. first, count: of the blocks that the output touches.
    """

    size: int
    kernel: int
    stride: int
    padding: int
    wanted: int

    @property
    def taps(self) -> int:
        return -(-self.kernel // self.stride)

    @property
    def first(self) -> int:
        return self.padding // self.stride

    @property
    def border(self) -> tuple[int, int]:
        """Cells of padding before and behind the input."""
        last = (self.padding + self.wanted - 1) // self.stride
        return self.taps - 1 - self.first, max(last - (self.size - 1), 0)

    @property
    def count(self) -> int:
        before, behind = self.border
        return self.size + before + behind - self.taps + 1

    @property
    def kept(self) -> range:
        """Positions of the blocks laid beside each other that are the output."""
        begin = self.padding - self.first * self.stride
        return range(begin, begin + self.wanted)


def _transposed(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Of any kernel and stride, SAME or VALID, with constant symmetric int8 weights; refused: fused activations.

    Weights in the file: [out channels, kernel height, kernel width, in channels].
    """
    source, output = network.input(operator, 2), network.output(operator)
    weights, scales = read_weights(network, operator, rank=4)
    channels, height, width, of_input = weights.shape
    check_scales(network, operator, channel_axis=0)
    if fused_activation(operator) != UNBOUNDED:
        raise operator.unsupported("has a fused activation, which its runtime leaves out", "put it behind")
    shape = network.constant(operator, 0, tflite.TensorType.INT32).reshape(-1).tolist()
    if shape != [1, *output.shape] or of_input != source.channels or channels != output.channels:
        raise operator.damaged(f"makes {shape} of {source.shape} with weights {weights.shape}")
    rows = _axis(operator, source.height, height, "StrideH", output.height)
    columns = _axis(operator, source.width, width, "StrideW", output.width)
    strides = (rows.stride, columns.stride)
    blocks = strides[0] * strides[1]
    if blocks * channels * rows.taps * columns.taps * of_input > _LARGEST_WEIGHTS:
        raise operator.unsupported(f"a stride of {strides} makes too many weights", "use a smaller stride")
    requantization = weighted_requantization(
        source, np.tile(scales, blocks), output, activation_clamp(UNBOUNDED, output)
    )
    bias = np.tile(read_bias(network, operator, channels, position=3), blocks)
    deep = network.inner(operator, "blocks", (rows.count, columns.count, blocks * channels), output)
    convolution = Conv2D(
        **network.operator_fields(operator, (source,), deep),
        weights=_of_blocks(weights, rows, columns),
        bias=bias,
        window=Window(kernel=(rows.taps, columns.taps), padding=(*rows.border, *columns.border)),
        requantization=requantization if len(scales) > 1 else requantization.select(np.array([0])),
    )
    whole = (rows.count * strides[0], columns.count * strides[1], channels)
    if whole == output.shape:
        return [convolution, *spread_blocks(network, operator, deep, output, strides)]
    spread = network.inner(operator, "spread", whole, output)
    ranges = [rows.kept, columns.kept, range(channels)]
    return [
        convolution,
        *spread_blocks(network, operator, deep, spread, strides),
        *part(network, operator, spread, ranges, output),
    ]


def _axis(operator: FileOperator, size: int, kernel: int, option: str, wanted: int) -> _Axis:
    """Raises ModelFormatError where the output has not the size that padding and stride give it."""
    stride, padding = operator.integer(option), operator.integer("Padding")
    if not 1 <= stride <= _LARGEST_STRIDE or padding not in (tflite.Padding.SAME, tflite.Padding.VALID):
        raise operator.damaged(f"a stride of {stride}, padding {padding}")
    # The padding of the convolution that goes the other way, from the output to the input.
    same = padding == tflite.Padding.SAME
    total = max((-(-wanted // stride) - 1) * stride + kernel - wanted, 0) if same else 0
    reached = -(-wanted // stride) if same else (wanted - kernel + stride) // stride
    if reached != size:
        raise operator.damaged(f"a kernel of {kernel} with a stride of {stride} makes no {wanted} of {size}")
    return _Axis(size, kernel, stride, total // 2, wanted)


def _of_blocks(weights: np.ndarray, rows: _Axis, columns: _Axis) -> np.ndarray:
    """[row of a block, column of a block, out channels, taps, taps, in channels] with the first three as one."""
    channels, _, _, of_input = weights.shape
    shape = (rows.stride, columns.stride, channels, rows.taps, columns.taps, of_input)
    spread = np.zeros(shape, weights.dtype)
    for y in range(rows.kernel):
        for x in range(columns.kernel):
            down, a = divmod(y, rows.stride)
            across, b = divmod(x, columns.stride)
            spread[a, b, :, rows.taps - 1 - down, columns.taps - 1 - across] = weights[:, y, x]
    return spread.reshape(-1, *shape[3:])


TRANSPOSE_CONV = Handler(
    _transposed,
    OptionFields(
        tflite.TransposeConvOptions,
        tflite.BuiltinOptions.TransposeConvOptions,
        ("Padding", "StrideH", "StrideW", "FusedActivationFunction"),
    ),
    inputs=(3, 4),
)
