"""GlobalAveragePool, AveragePool, MaxPool, GlobalMaxPool."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.arithmetic import requantization
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.padding import emit_pad
from mcugen.frontend.onnx.operators.windows import pair, read_window
from mcugen.frontend.onnx.values import Pending, Real, Value, View


def global_average_pool(context: Context, node: Node) -> Value:
    """GlobalAveragePool: a (1, C, H, W) map to (1, C, 1, 1)."""
    source = context.map(node, 0)
    window = ir.Window(kernel=source.tensor.shape[:2])
    return _average(context, node, source, window, View.of_map((1, 1, source.tensor.channels)))


def average_pool(context: Context, node: Node) -> Value:
    """AveragePool. Padding that counts is an ir.Pad; padding that does not needs equal scales out and in."""
    source = context.map(node, 0)
    window = _pool_window(node, source)
    if max(window.padding) > 0 and node.integer("count_include_pad", 0) == 0:
        return _average_inside_the_map(context, node, source, window)
    if max(window.padding) > 0:
        source = emit_pad(context, node, source, window.padding, "pad")
        window = replace(window, padding=(0, 0, 0, 0))
    shape = (*window.output_size(*source.tensor.shape[:2]), source.tensor.channels)
    return _average(context, node, source, window, View.of_map(shape))


def max_pool(context: Context, node: Node) -> Value:
    """MaxPool, which keeps the scale of its input; it may also stand between a layer and its QuantizeLinear."""
    value = context.value(node, 0)
    if isinstance(value, Pending):
        return _max_of_pending(context, node, value)
    source = context.map(node, 0)
    window = _pool_window(node, source)
    shape = (*window.output_size(*source.tensor.shape[:2]), source.tensor.channels)
    scale, zero_point = source.tensor.scale, source.tensor.zero_point
    output = context.new_tensor(node, node.outputs[0], shape, scale, zero_point)
    context.emit(_max_operator(context, node, source.tensor, output, window))
    return Real(View.of_map(shape), output, source.dtype)


def global_max_pool(context: Context, node: Node) -> Value:
    """GlobalMaxPool: a (1, C, H, W) map to (1, C, 1, 1), of the same scale."""
    source = context.map(node, 0)
    shape = (1, 1, source.tensor.channels)
    output = context.new_tensor(node, node.outputs[0], shape, source.tensor.scale, source.tensor.zero_point)
    window = ir.Window(kernel=source.tensor.shape[:2])
    context.emit(_max_operator(context, node, source.tensor, output, window))
    return Real(View.of_map(shape), output, source.dtype)


def _max_of_pending(context: Context, node: Node, pending: Pending) -> Pending:
    """The maximum of rounded values is the rounded maximum, so the layer may be quantized first."""
    height, width, channels = pending.view.shape
    if pending.view != View.of_map(pending.view.shape):
        raise UnsupportedModelError(f"{node}: its input has shape {pending.view.dims}", "quantize its input")
    window = _pool_window_for(node, pending.view.shape)

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        whole = context.new_tensor(node, node.inputs[0], (height, width, channels), output.scale, output.zero_point)
        pending.finish(whole, minimum, maximum)
        context.emit(_max_operator(context, node, whole, output, window))

    view = View.of_map((*window.output_size(height, width), channels))
    return Pending(view, node, finish, pending.low, pending.high)


def _max_operator(
    context: Context, node: Node, source: ir.Tensor, output: ir.Tensor, window: ir.Window
) -> ir.MaxPool2D:
    return ir.MaxPool2D(
        name=context.operator_name(node),
        inputs=(source.name,),
        output=output.name,
        source=str(node),
        source_index=node.index,
        window=window,
    )


def _pool_window(node: Node, source: Real) -> ir.Window:
    return _pool_window_for(node, source.tensor.shape)


def _pool_window_for(node: Node, shape: tuple[int, int, int]) -> ir.Window:
    kernel, dilations = pair(node, "kernel_shape", None), pair(node, "dilations", (1, 1))
    if any(d != 1 and k != 1 for d, k in zip(dilations, kernel, strict=True)):
        raise UnsupportedModelError(f"{node}: dilations {dilations}", "supported: dilation 1")
    window = read_window(node, kernel, shape)
    top, bottom, left, right = window.padding
    if max(top, bottom) >= window.kernel[0] or max(left, right) >= window.kernel[1]:
        raise ModelFormatError(f"{node}: its padding is not smaller than its kernel")
    if node.integer("ceil_mode", 0) != 0:
        spare_rows = (shape[0] + top + bottom - window.kernel[0]) % window.stride[0]
        spare_columns = (shape[1] + left + right - window.kernel[1]) % window.stride[1]
        if spare_rows or spare_columns:
            raise UnsupportedModelError(f"{node}: ceil_mode adds a window outside the input", "supported: ceil_mode 0")
    return window


def _average(context: Context, node: Node, source: Real, window: ir.Window, view: View) -> Pending:
    taps = window.kernel[0] * window.kernel[1]
    scales = np.array([source.tensor.scale / taps])

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        context.emit(
            ir.AveragePool2D(
                name=context.operator_name(node),
                inputs=(source.tensor.name,),
                output=output.name,
                source=str(node),
                source_index=node.index,
                window=window,
                requantization=requantization(node, scales, output, minimum, maximum),
                minimum=minimum,
                maximum=maximum,
            )
        )

    return Pending(view, node, finish)


def _average_inside_the_map(context: Context, node: Node, source: Real, window: ir.Window) -> Pending:
    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        if (output.scale, output.zero_point) != (source.tensor.scale, source.tensor.zero_point):
            raise UnsupportedModelError(
                f"{node}: padding that does not count, and an output scale other than the input's",
                "supported with padding: count_include_pad 1, or the same scale and zero point out as in",
            )
        context.emit(
            ir.AveragePool2D(
                name=context.operator_name(node),
                inputs=(source.tensor.name,),
                output=output.name,
                source=str(node),
                source_index=node.index,
                window=window,
                minimum=minimum,
                maximum=maximum,
                input_origin=source.tensor.zero_point,
                output_origin=output.zero_point,
            )
        )

    shape = (*window.output_size(*source.tensor.shape[:2]), source.tensor.channels)
    return Pending(View.of_map(shape), node, finish)
