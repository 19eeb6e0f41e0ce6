"""Functions of one value between two scales, each a table of the 256 that it can have."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.affine import per_channel
from mcugen.frontend.onnx.operators.one_value import applied, elementwise
from mcugen.frontend.onnx.values import Constant, QuantizedConstant, Value

_LARGEST_EXPONENT = 8


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


def gelu(context: Context, node: Node) -> Value:
    """Gelu between two scales, exact or by a hyperbolic tangent."""
    approximate = node.text("approximate", "none")
    if approximate == "tanh":
        return _tabulated(
            context, node, lambda x: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
        )
    if approximate != "none":
        raise UnsupportedModelError(f"{node}: approximate '{approximate}'", "supported: none and tanh")
    return _tabulated(context, node, lambda x: x / 2 * (1 + _erf(x / math.sqrt(2))))


def erf(context: Context, node: Node) -> Value:
    """Erf between two scales, or in float32 among what is one function of a value: a Gelu in its parts."""
    return _tabulated(context, node, _erf)


def power(context: Context, node: Node) -> Value:
    """Pow between two scales, or in float32 as Erf; its exponent is a constant whole number from 1 to 8."""
    exponent = context.constant(node, 1, "its exponent").reshape(-1)
    if exponent.size != 1 or not 1 <= exponent[0] <= _LARGEST_EXPONENT or exponent[0] != np.rint(exponent[0]):
        raise UnsupportedModelError(f"{node}: exponent {exponent.tolist()}", "supported: one whole number from 1 to 8")
    whole = int(exponent[0])
    return _tabulated(context, node, lambda x: x**whole)


def exponential(context: Context, node: Node) -> Value:
    """Exp between two scales."""
    return _tabulated(context, node, np.exp)


def absolute(context: Context, node: Node) -> Value:
    """Abs between two scales."""
    return _tabulated(context, node, np.abs)


def negative(context: Context, node: Node) -> Value:
    """Neg between two scales."""
    return _tabulated(context, node, np.negative)


def softplus(context: Context, node: Node) -> Value:
    """Softplus between two scales."""
    return _tabulated(context, node, lambda x: np.logaddexp(x, 0))


def softsign(context: Context, node: Node) -> Value:
    """Softsign between two scales."""
    return _tabulated(context, node, lambda x: x / (1 + np.abs(x)))


def mish(context: Context, node: Node) -> Value:
    """Mish between two scales."""
    return _tabulated(context, node, lambda x: x * np.tanh(np.logaddexp(x, 0)))


def celu(context: Context, node: Node) -> Value:
    """Celu between two scales, with any alpha but 0."""
    alpha = node.real("alpha", 1.0)
    if alpha == 0:
        raise ModelFormatError(f"{node}: alpha 0")
    return _tabulated(context, node, lambda x: np.where(x < 0, alpha * np.expm1(np.minimum(x, 0) / alpha), x))


def selu(context: Context, node: Node) -> Value:
    """Selu between two scales, with any alpha and gamma."""
    alpha, gamma = node.real("alpha", 1.67326319217681884765625), node.real("gamma", 1.05070102214813232421875)
    return _tabulated(context, node, lambda x: gamma * np.where(x < 0, alpha * np.expm1(np.minimum(x, 0)), x))


def _erf(x: np.ndarray) -> np.ndarray:
    return np.vectorize(math.erf, otypes=[np.float64])(x)


def _tabulated(context: Context, node: Node, in_double: Callable[[np.ndarray], np.ndarray]) -> Value:
    """in_double: float64 to float64; what it returns is rounded to float32 once."""
    return applied(context, node, 0, lambda x: in_double(x.astype(np.float64)).astype(np.float32))
