"""Conv: dense (standard, pointwise) and depthwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.dense_weights import dilated, ungrouped
from mcugen.frontend.onnx.arithmetic import centred_weights, quantize_bias, requantization
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.windows import pair, read_window
from mcugen.frontend.onnx.values import Constant, Pending, Real, Value, View


@dataclass(frozen=True, eq=False)
class _Convolution:
    """weights: int8 or int16 [out, in per group, height, width]. scales: float64 [out], of one unit of the sums."""

    source: Real
    weights: np.ndarray
    scales: np.ndarray
    window: ir.Window
    group: int


def convolution(context: Context, node: Node) -> Value:
    """Conv over a (1, C, H, W) map, of any groups and dilation: others than dense and depthwise with zeros among the
    weights."""
    source = context.map(node, 0)
    weights, weight_scales = centred_weights(node, context.value(node, 1), 0)
    if weights.ndim != 4:
        raise UnsupportedModelError(f"{node}: {weights.ndim - 2}-D convolution", "supported: 2-D convolutions")
    outputs, inputs = weights.shape[:2]
    kernel = (weights.shape[2], weights.shape[3])
    channels = source.tensor.channels
    group = node.integer("group", 1)
    if pair(node, "kernel_shape", kernel) != kernel:
        raise ModelFormatError(f"{node}: kernel_shape disagrees with weights of shape {weights.shape}")
    if group < 1 or inputs * group != channels or outputs % group:
        raise ModelFormatError(
            f"{node}: weights of shape {weights.shape} in {group} groups for {channels} input channels"
        )

    def refuse(what: str, hint: str) -> UnsupportedModelError:
        return UnsupportedModelError(f"{node}: {what}", hint)

    weights = dilated(weights, pair(node, "dilations", (1, 1)), 2, refuse)
    if group not in (1, channels):
        weights = ungrouped(weights.transpose(0, 2, 3, 1), group, refuse).transpose(0, 3, 1, 2)
        group = 1
    window = read_window(node, (weights.shape[2], weights.shape[3]), source.tensor.shape)
    scales = source.tensor.scale * weight_scales
    parts = _Convolution(source, weights, scales, window, group)
    bias = context.value(node, 2) if node.has_input(2) else None
    return _pending(context, node, parts, bias)


def _pending(context: Context, node: Node, parts: _Convolution, bias: Value | None) -> Pending:
    integers = quantize_bias(node, bias, parts.scales)
    height, width = parts.window.output_size(*parts.source.tensor.shape[:2])

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        context.emit(_operator(context, node, parts, integers, output, minimum, maximum))

    def with_bias(real: np.ndarray) -> Pending:
        return _pending(context, node, parts, Constant(real))

    return Pending(
        View.of_map((height, width, len(parts.scales))),
        node,
        finish,
        with_bias=with_bias if bias is None else None,
    )


def _operator(
    context: Context,
    node: Node,
    parts: _Convolution,
    bias: np.ndarray,
    output: ir.Tensor,
    minimum: int,
    maximum: int,
) -> ir.Operator:
    name = context.operator_name(node)
    rescale = requantization(node, parts.scales, output, minimum, maximum)
    if parts.group > 1:
        return ir.DepthwiseConv2D(
            name=name,
            inputs=(parts.source.tensor.name,),
            output=output.name,
            source=str(node),
            source_index=node.index,
            weights=np.ascontiguousarray(parts.weights[:, 0].transpose(1, 2, 0)),
            bias=bias,
            window=parts.window,
            requantization=rescale,
            depth_multiplier=output.channels // parts.group,
        )
    return ir.Conv2D(
        name=name,
        inputs=(parts.source.tensor.name,),
        output=output.name,
        source=str(node),
        source_index=node.index,
        weights=np.ascontiguousarray(parts.weights.transpose(0, 2, 3, 1)),
        bias=bias,
        window=parts.window,
        requantization=rescale,
    )
