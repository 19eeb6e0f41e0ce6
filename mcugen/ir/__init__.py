"""The intermediate representation: an immutable graph of int8/uint8 operators with explicit arithmetic.

Everything that decides a bit of the result (multipliers, shifts, roundings, zero points, paddings, clamps)
is a field of an operator or a tensor. Nothing is left for a later stage to derive from floating point.

Here are the names that code outside writes often; an operator that only its front ends name is imported from its own
module, `mcugen.ir.operators.NAME`.
"""

from mcugen.ir.errors import InvalidGraphError
from mcugen.ir.graph import TASKS, Border, Graph, Output
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.normalization import Normalization
from mcugen.ir.operator import UNBOUNDED, Channels, Operator, Planes
from mcugen.ir.operators import OPERATORS
from mcugen.ir.operators.add import Add
from mcugen.ir.operators.average_pool import AveragePool2D
from mcugen.ir.operators.conv import Conv2D
from mcugen.ir.operators.depthwise_conv import DepthwiseConv2D
from mcugen.ir.operators.fully_connected import FullyConnected
from mcugen.ir.operators.lookup import Lookup
from mcugen.ir.operators.max_pool import MaxPool2D
from mcugen.ir.operators.pad import Pad
from mcugen.ir.operators.reshape import Reshape
from mcugen.ir.operators.softmax import Softmax
from mcugen.ir.operators.weighted import Weighted, narrow_weights
from mcugen.ir.stage import Form
from mcugen.ir.tensor import ChannelOrigin, Tensor
from mcugen.ir.verify import verify
from mcugen.ir.window import Window

__all__ = [
    "OPERATORS",
    "TASKS",
    "UNBOUNDED",
    "Add",
    "AveragePool2D",
    "Border",
    "ChannelOrigin",
    "Channels",
    "Conv2D",
    "DepthwiseConv2D",
    "Form",
    "FullyConnected",
    "Graph",
    "Interval",
    "InvalidGraphError",
    "Lookup",
    "MaxPool2D",
    "Normalization",
    "Operator",
    "Output",
    "Pad",
    "Planes",
    "Reach",
    "Reshape",
    "Softmax",
    "Tensor",
    "Weighted",
    "Window",
    "narrow_weights",
    "verify",
]
