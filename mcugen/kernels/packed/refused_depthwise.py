"""Which depthwise convolutions the kernels of packed pixels take."""

from __future__ import annotations

from mcugen.ir import DepthwiseConv2D
from mcugen.kernels.family import Request
from mcugen.kernels.packed.shapes import LARGEST_DISPLACEMENT, TILE_PIXELS, column_reach, padded_depth
from mcugen.kernels.refusals import refused_window
from mcugen.plan.stage import Stage

ROWS = 3
"""Of a window."""
# Depthwise kernels unroll rows of so many outputs; other rows take turns of outputs that stand together.
_UNROLLED_OUTPUTS = 12
_LARGEST_WIDTH = 240
# Rows, and pixels of a row, that maps have at least, by variant of the kernel, if fewer than a window has.
_SMALLEST_MAP = {"armv6-m": 2}


def refused_depthwise(stage: Stage, op: DepthwiseConv2D, request: Request) -> str:
    """Why none of the kernels takes this depthwise convolution, "" where one does."""
    source, output = stage.inputs[0], stage.output
    # Rows, and pixels of a row.
    least = _SMALLEST_MAP.get(request.variant, ROWS)
    refused = refused_window(op, source, request.graph)
    if refused:
        return refused
    if op.requantization.minimum != -128 or op.requantization.maximum != 127:
        return "its output does not saturate to a whole byte"
    if source.height < least:
        return f"{source.height} row{'s' * (source.height > 1)}, fewer than {least}"
    stride, (top, _, left, _) = op.window.stride, op.window.padding
    if output.width > _UNROLLED_OUTPUTS and output.width % TILE_PIXELS:
        return f"width {output.width} is no multiple of a tile of {TILE_PIXELS} pixels"
    if not least <= source.width <= _LARGEST_WIDTH:
        return f"rows of {source.width} pixels, not {least} to {_LARGEST_WIDTH}"
    depth = padded_depth(source.channels)
    if request.variant == "armv7-m" and column_reach(stride[1], output.width, depth) > LARGEST_DISPLACEMENT:
        return f"columns of {depth} values in rows of {output.width} pixels lie farther apart than a store reaches"
    sizes = f"{source.height}x{source.width} to {output.height}x{output.width}"
    if stride == (1, 1):
        same = top == left == 1 and (output.height, output.width) == source.shape[:2]
        return "" if same else f"stride 1 from {sizes}, not padded by one on all sides"
    if stride != (2, 2) or (top, left) not in ((0, 0), (1, 1)):
        return f"stride {stride[0]}x{stride[1]} padded by {top} above and {left} on the left"
    halved = source.shape[:2] == (2 * output.height, 2 * output.width)
    return "" if halved else f"stride 2 from {sizes}, not half as high and wide"
