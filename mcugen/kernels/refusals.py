"""Why kernels refuse a stage, where several families do for the same reason."""

from __future__ import annotations

from mcugen.ir import Conv2D, DepthwiseConv2D, Graph, Operator, Tensor
from mcugen.ir.tensor import QMIN
from mcugen.passes.unsigned_activations import keepers
from mcugen.plan.stage import Stage

WIDE_WEIGHTS = "weights outside int8: uint8 ones less their zero point"
"""Of a layer of 16-bit weights."""
UINT8_INPUT = "its input is stored as uint8, as a depthwise convolution reads it; columns are int8"
"""Of a convolution whose windows are copied."""
DEPTHWISE = "depthwise: "
"""Before a reason that is the depthwise convolution's of a stage."""
NO_RESCALING = "no rescaling is proved equal to its requantization"
"""Of a layer that no cheaper arithmetic suits."""


def named(op: Operator) -> str:
    """What people call the operator, and what it is."""
    return f"{op.name} ({type(op).__name__})"


def refused_alone(stage: Stage, graph: Graph) -> str:
    """Why kernels whose columns a depthwise convolution makes do not take one that is a stage alone. graph: after all
    passes."""
    joined = "only a pointwise convolution that alone reads it is computed with it"
    readers = graph.consumers(stage.output.name)
    if stage.output.name == graph.output or not readers:
        return f"its output is the network's, and {joined}"
    names = " and ".join(map(named, readers))
    return f"{names} read{'s' * (len(readers) == 1)} its output, and {joined}"


def refused_weights(stage: Stage, op: Conv2D) -> str:
    """Why kernels for int8 weights do not take the stage's matrix, "" where they do."""
    if not op.has_wide_weights:
        return ""
    return f"pointwise: {WIDE_WEIGHTS}" if stage.is_separable else WIDE_WEIGHTS


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
