"""Which depthwise convolutions the assembly kernels for DSP instructions take."""

from __future__ import annotations

from mcugen.ir import DepthwiseConv2D, Graph
from mcugen.kernels.refusals import refused_window
from mcugen.plan.stage import Stage

MOST_CHANNELS = (1 << 16) // 6 // 4 * 4
"""Half a register holds the bytes of the columns of three pixels, see `DepthwiseKernel.keeps_step`."""


def refused_depthwise(stage: Stage, op: DepthwiseConv2D, depth: int, graph: Graph) -> str:
    """Why none of the assembly kernels takes this depthwise convolution, "" where one does. depth: of a column."""
    source, output = stage.inputs[0], stage.output
    refused = refused_window(op, source, graph)
    if refused:
        return refused
    if depth != source.channels:
        return f"{source.channels} channels are no multiple of 4"
    if depth > MOST_CHANNELS:
        return f"{depth} channels are more than {MOST_CHANNELS}, the widest step from tile to tile"
    if op.requantization.minimum != -128 or op.requantization.maximum != 127:
        return "its output does not saturate to a whole byte"
    top, _, left, _ = op.window.padding
    stride, width = op.window.stride, source.width
    # The middle row of every window lies in the image.
    if not (1 - top >= 0 and (output.height - 1) * stride[0] - top + 1 < source.height):
        return "a window whose middle row lies outside the image"
    if stride[1] == 1:
        if left != 1 or output.width != width:
            return f"stride 1 from {width} to {output.width} pixels, not padded by one on both sides"
        return "" if width >= 3 else f"rows of {width} pixels at stride 1"
    if stride[1] == 2 and left in (0, 1) and width == 2 * output.width and width >= 4:
        return ""
    return f"stride {stride[1]} from {width} to {output.width} pixels"
