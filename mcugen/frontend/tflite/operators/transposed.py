"""TRANSPOSE_CONV."""

from __future__ import annotations

from collections.abc import Sequence

import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network, OperatorLowering
from mcugen.frontend.tflite.operators.convolution import sums_requantized
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.weights import check_scales, read_bias, read_weights
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.frontend.transposed import Axis, TransposedConvolution, transposed_convolution
from mcugen.ir import Operator

_LARGEST_STRIDE = 64


def _transposed(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Of any kernel and stride, SAME or VALID, with constant symmetric int8 weights, or uint8 ones with a zero point,
    and a fused ReLU, ReLU6 or ReLU-1-to-1.

    Weights in the file: [out channels, kernel height, kernel width, in channels].
    """
    source, output = network.input(operator, 2), network.output(operator)
    weights, scales = read_weights(network, operator, rank=4)
    channels, height, width, of_input = weights.shape
    check_scales(network, operator, channel_axis=0)
    shape = network.constant(operator, 0, tflite.TensorType.INT32).reshape(-1).tolist()
    if shape != [1, *output.shape] or of_input != source.channels or channels != output.channels:
        raise operator.damaged(f"makes {shape} of {source.shape} with weights {weights.shape}")
    rows = _axis(operator, source.height, height, "StrideH", output.height)
    columns = _axis(operator, source.width, width, "StrideW", output.width)
    layer = TransposedConvolution(
        weights,
        read_bias(network, operator, channels, position=3),
        sums_requantized(network, operator, source, scales, output),
        rows,
        columns,
    )
    lowering = OperatorLowering(network, operator, output)
    return transposed_convolution(lowering, layer, source, output, operator.unsupported)


def _axis(operator: FileOperator, size: int, kernel: int, option: str, wanted: int) -> Axis:
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
    return Axis(size, kernel, stride, total // 2, wanted)


TRANSPOSE_CONV = Handler(
    _transposed,
    OptionFields(
        tflite.TransposeConvOptions,
        tflite.BuiltinOptions.TransposeConvOptions,
        ("Padding", "StrideH", "StrideW", "FusedActivationFunction"),
    ),
    inputs=(3, 4),
    unsigned=True,
)
