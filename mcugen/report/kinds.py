"""What kind of layer an operator is, in the words of the papers."""

from __future__ import annotations

from mcugen.ir import AveragePool2D, Conv2D, DepthwiseConv2D, FullyConnected, MaxPool2D, Operator

KINDS = {
    "convolution": "standard convolution",
    "depthwise": "depthwise convolution",
    "pointwise": "pointwise convolution",
    "dense": "fully connected",
    "pooling": "pooling",
    "other": "other",
}
"""Kinds of layers with their names for people, in the order of a legend."""


def layer_kind(op: Operator) -> str:
    """A key of KINDS."""
    if isinstance(op, Conv2D):
        return "pointwise" if op.window.kernel == (1, 1) else "convolution"
    if isinstance(op, DepthwiseConv2D):
        return "depthwise"
    if isinstance(op, FullyConnected):
        return "dense"
    return "pooling" if isinstance(op, AveragePool2D | MaxPool2D) else "other"
