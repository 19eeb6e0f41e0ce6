"""Gemm and MatMul: fully connected layers, also right after a map that was flattened, or at every position of one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.arithmetic import centred_weights, quantize_bias, requantization
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.lowering import NodeLowering
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.maps import CHANNELS, as_map, graph_axis
from mcugen.frontend.onnx.values import Constant, Pending, Real, Value, View


@dataclass(frozen=True, eq=False)
class _FullyConnected:
    """weights: int8 or int16 [out, in], inputs in the order of the ONNX array. scales: float64 [out]."""

    source: Real
    weights: np.ndarray
    scales: np.ndarray


def gemm(context: Context, node: Node) -> Value:
    """Gemm of one row, or of a row for every position, with constant weights. Raises UnsupportedModelError on alpha or
    beta other than 1, transA."""
    if (node.real("alpha", 1.0), node.real("beta", 1.0)) != (1.0, 1.0) or node.integer("transA", 0) != 0:
        raise UnsupportedModelError(f"{node}: alpha, beta or transA", "supported: alpha 1, beta 1, transA 0")
    transposed = node.integer("transB", 0) != 0
    bias = context.value(node, 2) if node.has_input(2) else None
    return _fully_connected(context, node, transposed, bias)


def matmul(context: Context, node: Node) -> Value:
    """MatMul of one row, or of a row for every position, with constant weights; an Add of a constant may follow."""
    return _fully_connected(context, node, False, None)


def _fully_connected(context: Context, node: Node, transposed: bool, bias: Value | None) -> Pending:
    source = context.real(node, 0)
    weights, weight_scales = centred_weights(node, context.value(node, 1), 0 if transposed else 1)
    if weights.ndim != 2:
        raise UnsupportedModelError(f"{node}: weights of {weights.ndim} dimensions", "supported: 2 dimensions")
    weights = weights if transposed else weights.T
    dims = source.view.dims
    if dims[-1:] != weights.shape[1:]:
        raise ModelFormatError(f"{node}: weights of {weights.shape[1]} inputs for an input of shape {dims}")
    if source.view.size != dims[-1]:
        source = _positions(context, node, source)
    parts = _FullyConnected(source, weights, source.tensor.scale * weight_scales)
    return _pending(context, node, parts, bias)


def _positions(context: Context, node: Node, source: Real) -> Real:
    """The source, whose last axis is that of the map's channels. Raises UnsupportedModelError where it is not."""
    view = source.view
    if view.order == "HWC" and view.dims[-1] == view.shape[2]:
        return source
    mapped = as_map(context, node, source)
    if graph_axis(node, mapped.view, -1) != CHANNELS:
        raise UnsupportedModelError(
            f"{node}: its input has shape {view.dims}",
            "supported: one row (1, features), and channels last; flatten the map before it, or transpose it",
        )
    return mapped


def _pending(context: Context, node: Node, parts: _FullyConnected, bias: Value | None) -> Pending:
    integers = quantize_bias(node, bias, parts.scales)
    source = parts.source

    outputs = len(parts.scales)
    at_positions = source.view.size != source.view.dims[-1]

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        fields = NodeLowering(context, node, output).fields((source.tensor,), output)
        rescale = requantization(node, parts.scales, output, minimum, maximum)
        if at_positions:
            pointwise = parts.weights[:, None, None, :]
            window = ir.Window(kernel=(1, 1))
            context.emit(ir.Conv2D(**fields, weights=pointwise, bias=integers, window=window, requantization=rescale))
            return
        weights = np.ascontiguousarray(parts.weights[:, source.view.memory_to_onnx()])
        context.emit(ir.FullyConnected(**fields, weights=weights, bias=integers, requantization=rescale))

    def with_bias(real: np.ndarray) -> Pending:
        return _pending(context, node, parts, Constant(real))

    dims = (*source.view.dims[:-1], outputs)
    view = View((*source.view.shape[:2], outputs), dims, "HWC") if at_positions else View((1, 1, outputs), dims)
    return Pending(view, node, finish, with_bias=with_bias if bias is None else None)
