"""The intermediate representation: an immutable graph of int8/uint8 operators with explicit arithmetic.

Everything that decides a bit of the result (multipliers, shifts, roundings, zero points, paddings, clamps)
is a field of an operator or a tensor. Nothing is left for a later stage to derive from floating point.
"""

from mcugen.ir.graph import Border, Graph
from mcugen.ir.operators import (
    UNBOUNDED,
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Lookup,
    MaxPool2D,
    Operator,
    Pad,
    Reshape,
    Softmax,
    Window,
)
from mcugen.ir.tensor import ChannelOrigin, Tensor
from mcugen.ir.verify import InvalidGraphError, verify

__all__ = [
    "UNBOUNDED",
    "Add",
    "AveragePool2D",
    "Border",
    "ChannelOrigin",
    "Conv2D",
    "DepthwiseConv2D",
    "FullyConnected",
    "Graph",
    "InvalidGraphError",
    "Lookup",
    "MaxPool2D",
    "Operator",
    "Pad",
    "Reshape",
    "Softmax",
    "Tensor",
    "Window",
    "verify",
]
