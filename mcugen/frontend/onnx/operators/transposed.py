"""ConvTranspose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.dense_weights import dilated, ungrouped
from mcugen.frontend.onnx.arithmetic import centred_weights, quantize_bias, requantization
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.lowering import NodeLowering
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.windows import pair
from mcugen.frontend.onnx.values import Constant, Pending, QuantizedConstant, Value, View
from mcugen.frontend.transposed import Axis, TransposedConvolution, transposed_convolution

_LARGEST_STRIDE = 64
_LARGEST = 1 << 12


def transposed(context: Context, node: Node) -> Value:
    """ConvTranspose of a (1, C, H, W) map, of any groups, dilation, stride, padding and output padding.

    Weights in the file: [in channels, out channels of a group, kernel height, kernel width].
    """
    source = context.map(node, 0)

    def refuse(what: str, hint: str) -> UnsupportedModelError:
        return UnsupportedModelError(f"{node}: {what}", hint)

    group = node.integer("group", 1)
    weights, weight_scales = _weights(node, context.value(node, 1), group)
    if pair(node, "kernel_shape", (weights.shape[1], weights.shape[2])) != weights.shape[1:3]:
        raise ModelFormatError(f"{node}: kernel_shape disagrees with a kernel of {weights.shape[1:3]}")
    if weights.shape[3] * group != source.tensor.channels:
        raise ModelFormatError(
            f"{node}: weights of {weights.shape[3]} channels in {group} groups for {source.tensor.channels}"
        )
    weights = dilated(weights, pair(node, "dilations", (1, 1)), 1, refuse)
    weights = ungrouped(weights, group, refuse)
    rows, columns = _axes(node, (weights.shape[1], weights.shape[2]), source.tensor.shape[:2])
    scales = source.tensor.scale * weight_scales
    view = View.of_map((rows.wanted, columns.wanted, len(weights)))

    def pending(bias: Value | None) -> Pending:
        integers = quantize_bias(node, bias, scales)

        def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
            rescale = requantization(node, scales, output, minimum, maximum)
            layer = TransposedConvolution(weights, integers, rescale, rows, columns)
            lowering = NodeLowering(context, node, output)
            for operator in transposed_convolution(lowering, layer, source.tensor, output, refuse):
                context.emit(operator)

        def with_bias(real: np.ndarray) -> Pending:
            return pending(Constant(real))

        return Pending(view, node, finish, with_bias=with_bias if bias is None else None)

    return pending(context.value(node, 2) if node.has_input(2) else None)


def _weights(node: Node, value: Value, group: int) -> tuple[np.ndarray, np.ndarray]:
    """(int8 or int16 [out channels, height, width, in channels of a group], scales float64 [out channels])."""
    if isinstance(value, QuantizedConstant) and value.array.ndim != 4:
        raise UnsupportedModelError(f"{node}: {value.array.ndim - 2}-D convolution", "supported: 2-D convolutions")
    weights, scales = centred_weights(node, value, 1)
    inputs, outputs, height, width = weights.shape
    if group < 1 or inputs % group:
        raise ModelFormatError(f"{node}: weights of shape {weights.shape} in {group} groups")
    by_group = weights.reshape(group, inputs // group, outputs, height, width).transpose(0, 2, 3, 4, 1)
    return by_group.reshape(group * outputs, height, width, inputs // group), np.tile(scales, group)


def _axes(node: Node, kernel: tuple[int, int], sizes: Sequence[int]) -> tuple[Axis, Axis]:
    """Height and width. Raises UnsupportedModelError for padding that leaves nothing of the kernel."""
    strides = pair(node, "strides", (1, 1))
    extra = node.integers("output_padding", (0, 0)) or ()
    shape = node.integers("output_shape", ()) or ()
    pads = node.integers("pads", (0, 0, 0, 0)) or ()
    mode = node.text("auto_pad", "NOTSET")
    if len(extra) != 2 or min(extra) < 0 or len(shape) not in (0, 2, 4) or len(pads) != 4 or min(pads) < 0:
        raise ModelFormatError(f"{node}: output_padding {extra}, output_shape {shape}, pads {pads}")
    if mode not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        raise ModelFormatError(f"{node}: auto_pad '{mode}' does not exist")
    axes = []
    for axis, (size, taps, stride) in enumerate(zip(sizes, kernel, strides, strict=True)):
        whole = (size - 1) * stride + extra[axis] + taps
        begin, wanted = (0, whole) if mode == "VALID" else (pads[axis], whole - pads[axis] - pads[axis + 2])
        if shape or mode.startswith("SAME"):
            wanted = shape[-2:][axis] if shape else size * stride
            if wanted > whole:
                raise UnsupportedModelError(
                    f"{node}: an output of {wanted}, where kernel and stride reach {whole}",
                    "give the padding as pads and output_padding",
                )
            total = whole - wanted
            begin = total // 2 if mode == "SAME_UPPER" else total - total // 2
        if stride > _LARGEST_STRIDE or not 1 <= wanted <= _LARGEST:
            raise UnsupportedModelError(
                f"{node}: an output of {wanted} with a stride of {stride}",
                f"supported: strides to {_LARGEST_STRIDE} and outputs of 1 to {_LARGEST}",
            )
        if begin >= taps:
            raise UnsupportedModelError(
                f"{node}: pads {begin} with a kernel of {taps}", "supported: padding smaller than the kernel"
            )
        axes.append(Axis(size, taps, stride, begin, wanted))
    return axes[0], axes[1]
