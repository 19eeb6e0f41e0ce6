"""Functions of one value between two scales, each a table of the 256 that it can have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.activation import elementwise
from mcugen.frontend.onnx.operators.affine import per_channel
from mcugen.frontend.onnx.values import Constant, QuantizedConstant, Value

Function = Callable[[np.ndarray], np.ndarray]
"""float64 to float64: what it returns is rounded to float32 once."""


def hard_swish(context: Context, node: Node) -> Value:
    """HardSwish between two scales."""
    return _tabulated(context, node, lambda x: x * np.clip(x / 6 + 0.5, 0, 1))


def hard_sigmoid(context: Context, node: Node) -> Value:
    """HardSigmoid between two scales, with any alpha and beta."""
    alpha, beta = node.real("alpha", 0.2), node.real("beta", 0.5)
    return _tabulated(context, node, lambda x: np.clip(alpha * x + beta, 0, 1))


def sigmoid(context: Context, node: Node) -> Value:
    """Sigmoid between two scales."""
    return _tabulated(context, node, lambda x: 1 / (1 + np.exp(-x)))


def tanh(context: Context, node: Node) -> Value:
    """Tanh between two scales."""
    return _tabulated(context, node, np.tanh)


def leaky_relu(context: Context, node: Node) -> Value:
    """LeakyRelu between two scales, with any alpha."""
    alpha = node.real("alpha", 0.01)
    return _tabulated(context, node, lambda x: np.where(x < 0, alpha * x, x))


def prelu(context: Context, node: Node) -> Value:
    """PRelu between two scales, with one constant slope for all or one for each channel."""
    source, slope = context.real(node, 0), context.value(node, 1)
    if not isinstance(slope, Constant | QuantizedConstant):
        raise UnsupportedModelError(f"{node}: its slope is computed from the image", "supported: constant slopes")
    slopes = per_channel(node, source.view, slope).astype(np.float32)
    column = slopes[0] if np.all(slopes == slopes[0]) else slopes[:, None]
    return elementwise(context, node, source, function=lambda x: np.asarray(np.where(x < 0, column * x, x)))


def elu(context: Context, node: Node) -> Value:
    """Elu between two scales, with any alpha."""
    alpha = node.real("alpha", 1.0)
    return _tabulated(context, node, lambda x: np.where(x < 0, alpha * np.expm1(np.minimum(x, 0)), x))


def _tabulated(context: Context, node: Node, function: Function) -> Value:
    def in_float32(x: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            return function(x.astype(np.float64)).astype(np.float32)

    return elementwise(context, node, context.real(node, 0), function=in_float32)
