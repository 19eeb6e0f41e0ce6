"""Add: of two maps, or of a constant for each channel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen import ir
from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import add_single_rounding
from mcugen.frontend.onnx.arithmetic import quantize_bias, requantization
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import Constant, Pending, QuantizedConstant, Real, Value, View

# A channel's constant is the bias of a 1x1 depthwise convolution with the weight 64 / 64: exact, and the constant
# keeps six bits below the input's unit.
_UNIT_WEIGHT = 64


def addition(context: Context, node: Node) -> Value:
    """Add of two dequantized maps of one shape, or of a map (or unfinished layer) and a constant per channel."""
    first, second = context.value(node, 0), context.value(node, 1)
    if isinstance(second, Constant | QuantizedConstant):
        return _add_constant(context, node, first, second, 0)
    if isinstance(first, Constant | QuantizedConstant):
        return _add_constant(context, node, second, first, 1)
    return _add_maps(context, node, context.real(node, 0), context.real(node, 1))


def _add_maps(context: Context, node: Node, first: Real, second: Real) -> Pending:
    if first.view.dims != second.view.dims:
        raise UnsupportedModelError(
            f"{node}: shapes {first.view.dims} and {second.view.dims}", "supported: two maps of the same shape"
        )
    second = context.reshaped(node, second, first.view)

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        operands = (first.tensor, second.tensor)
        scales = (operands[0].scale, operands[1].scale, output.scale)
        zero_points = (operands[0].zero_point, operands[1].zero_point, output.zero_point)
        try:
            arithmetic = add_single_rounding(scales, zero_points, minimum, maximum)
        except ValueError as error:
            raise UnsupportedModelError(f"{node}: {error}") from error
        context.emit(
            ir.Add(
                name=context.operator_name(node),
                inputs=(operands[0].name, operands[1].name),
                output=output.name,
                source=str(node),
                source_index=node.index,
                arithmetic=arithmetic,
            )
        )

    return Pending(first.view, node, finish)


def _add_constant(
    context: Context, node: Node, value: Value, constant: Constant | QuantizedConstant, position: int
) -> Pending:
    if isinstance(value, Pending) and value.with_bias is not None:
        bias = _per_channel(node, value.view, constant)
        return replace(value.with_bias(bias), view=value.view)
    source = context.real(node, position)
    bias = _per_channel(node, source.view, constant)
    channels = source.tensor.channels
    scales = np.full(channels, source.tensor.scale / _UNIT_WEIGHT)
    integers = quantize_bias(node, Constant(bias), scales)

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        context.emit(
            ir.DepthwiseConv2D(
                name=context.operator_name(node),
                inputs=(source.tensor.name,),
                output=output.name,
                source=str(node),
                source_index=node.index,
                weights=np.full((1, 1, channels), _UNIT_WEIGHT, np.int8),
                bias=integers,
                window=ir.Window(kernel=(1, 1)),
                requantization=requantization(node, scales, output, minimum, maximum),
            )
        )

    return Pending(source.view, node, finish)


def _per_channel(node: Node, view: View, constant: Constant | QuantizedConstant) -> np.ndarray:
    """The constant as float64 [channels]. Raises UnsupportedModelError if it varies along anything else."""
    real = constant.real()
    channels = view.shape[2]
    if real.size == 1:
        return np.full(channels, real.reshape(-1)[0])
    by_order = {"CHW": (1, channels, 1, 1), "HWC": (1, 1, 1, channels)}
    expected = by_order[view.order] if len(view.dims) == 4 else (1,) * (len(view.dims) - 1) + (channels,)
    given = (1,) * (len(expected) - real.ndim) + real.shape
    if given != expected or view.dims[expected.index(channels)] != channels:
        raise UnsupportedModelError(
            f"{node}: a constant of shape {real.shape} for an input of shape {view.dims}",
            "supported: two maps of the same shape, or one constant for each channel",
        )
    return real.reshape(-1)
