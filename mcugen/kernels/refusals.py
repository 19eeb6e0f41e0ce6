"""Why kernels refuse a stage, where several families do for the same reason."""

from __future__ import annotations

from mcugen.ir import DepthwiseConv2D, Tensor

WIDE_WEIGHTS = "weights outside int8: uint8 ones less their zero point"
"""Of a layer of 16-bit weights."""
DEPTHWISE_ALONE = "no pointwise convolution follows that alone reads the depthwise one's output"
"""Of a depthwise convolution without a matrix stage."""
UINT8_INPUT = "its input is stored as uint8, as a depthwise convolution reads it; columns are int8"
"""Of a convolution whose windows are copied."""
NO_RESCALING = "no fit of its requantization is proved equal"
"""Of a layer that no cheaper arithmetic suits."""


def refused_window(op: DepthwiseConv2D, source: Tensor) -> str:
    """Why kernels for planes of uint8 and windows of 3x3 refuse this depthwise convolution, "" where they do not."""
    if op.window.kernel != (3, 3):
        return f"windows of {op.window.kernel[0]}x{op.window.kernel[1]}, not 3x3"
    if op.has_wide_weights:
        return WIDE_WEIGHTS
    if op.depth_multiplier != 1:
        return f"depth multiplier {op.depth_multiplier}, not 1"
    if source.zero_point != 0 or source.dtype != "uint8":
        return "its input cannot be stored with 0 for 0"
    return ""


def refused_depth(depth: int, largest: int) -> str:
    """Why a kernel whose columns have at most so many values refuses this depth, "" where it does not."""
    return f"columns of {depth:,} values, more than {largest:,}" if depth > largest else ""
