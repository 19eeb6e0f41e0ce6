"""Why kernels refuse a stage, where several families do for the same reason."""

from __future__ import annotations

from mcugen.ir import DepthwiseConv2D, Graph, Operator, Tensor
from mcugen.ir.tensor import QMIN
from mcugen.passes.unsigned_activations import keepers

WIDE_WEIGHTS = "weights outside int8: uint8 ones less their zero point"
"""Of a layer of 16-bit weights."""
DEPTHWISE_ALONE = "no pointwise convolution follows that alone reads the depthwise one's output"
"""Of a depthwise convolution without a matrix stage."""
UINT8_INPUT = "its input is stored as uint8, as a depthwise convolution reads it; columns are int8"
"""Of a convolution whose windows are copied."""
NO_RESCALING = "no rescaling is proved equal to its requantization"
"""Of a layer that no cheaper arithmetic suits."""


def named(op: Operator) -> str:
    """What people call the operator, and what it is."""
    return f"{op.name} ({type(op).__name__})"


def refused_input(graph: Graph, source: Tensor) -> str:
    """Why kernels for uint8 with 0 for 0 do not read what a depthwise convolution does, "" where they do. graph: after
    all passes."""
    if source.zero_point != source.qmin:
        as_int8 = source.zero_point - source.qmin + QMIN["int8"]
        return (
            f"its input cannot be stored with 0 for 0: its zero point is {as_int8}, not {QMIN['int8']} as behind ReLU"
        )
    if source.dtype == "uint8":
        return ""
    if source.name == graph.input:
        return "its input stays int8, as it is the network's own"
    keeper = keepers(graph).get(source.name)
    return f"its input stays int8, as {named(keeper)} hands values on as they are" if keeper else "its input stays int8"


def refused_window(op: DepthwiseConv2D, source: Tensor, graph: Graph) -> str:
    """Why kernels for planes of uint8 and windows of 3x3 refuse this depthwise convolution, "" where they do not."""
    if op.window.kernel != (3, 3):
        return f"windows of {op.window.kernel[0]}x{op.window.kernel[1]}, not 3x3"
    if op.has_wide_weights:
        return WIDE_WEIGHTS
    if op.depth_multiplier != 1:
        return f"depth multiplier {op.depth_multiplier}, not 1"
    return refused_input(graph, source)


def refused_depth(depth: int, largest: int) -> str:
    """Why a kernel whose columns have at most so many values refuses this depth, "" where it does not."""
    return f"columns of {depth:,} values, more than {largest:,}" if depth > largest else ""
