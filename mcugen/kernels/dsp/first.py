"""The first convolution on cores with DSP instructions: 3x3 windows straight from the rows of the image.

Its kernel takes three output pixels at a time, as columns that exist on the stack only. Where windows reach over the
image's left or right border, the three pixels there take them from a copy of the rows that ends in zero points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcugen.ir import Conv2D
from mcugen.kernels.refusals import named
from mcugen.plan.stage import Stage

TILE_PIXELS = 3
_LARGEST_CHANNEL_STRIDE = 255
_LARGEST_OFFSET = 4095


@dataclass(frozen=True)
class Edge:
    """Three windows that are copied: the first output pixel, where in the row the copy begins, and how many bytes of it
    lie before, inside and behind the image."""

    pixel: int
    at: int
    before: int
    inside: int
    behind: int


@dataclass(frozen=True)
class FirstConvolution:
    """channels: of the image. step: bytes from window to window. left: bytes that the first window begins before the
    row. row_bytes: of an image row. edge_bytes: of a copy. middle_first, middle_pixels: output pixels that need no
    copy. tile_pixels: pixels at a time."""

    channels: int
    step: int
    left: int
    row_bytes: int
    edge_bytes: int
    middle_first: int
    middle_pixels: int
    edges: tuple[Edge, ...]
    tile_pixels: int = TILE_PIXELS

    @property
    def halves(self) -> int:
        """Halves of quads in a column: 14 with three channels, 6 with one."""
        return 14 if self.channels == 3 else 6


def plan_first(stage: Stage, stages: Sequence[Stage], image: str) -> FirstConvolution | str:
    """The shape of the kernel for a stage, or why there is none: "" where the stage has no windows of an image. image:
    the graph's input; other maps of as many channels as images have are taken, too."""
    op, source, output = stage.matrix, stage.inputs[0], stage.output
    windows = op is not None and not stage.is_separable and not op.reads_single_pixels
    if op is None or not windows or (source.channels not in (1, 3) and source.name != image):
        return ""
    if refused := _refused(stage, op, stages):
        return refused
    channels, width = source.channels, output.width
    step, left = op.window.stride[1] * channels, op.window.padding[2] * channels
    row_bytes = source.width * channels
    # Of one channel a whole word is read.
    window_bytes = 9 if channels == 3 else 4
    edge_bytes = -(-(2 * step + window_bytes) // 4) * 4
    middle_first = TILE_PIXELS if left else 0
    inside = [x for x in range(middle_first, width) if x * step - left + window_bytes <= row_bytes]
    middle_pixels = len(inside) // TILE_PIXELS * TILE_PIXELS
    pixels = [0] if left else []
    rest = width - middle_first - middle_pixels
    if rest > TILE_PIXELS:
        return f"{rest} windows are left at the right border, more than {TILE_PIXELS}"
    if rest > 0:
        pixels.append(width - TILE_PIXELS)
    edges = tuple(_edge(x, x * step - left, edge_bytes, row_bytes) for x in pixels)
    if any(edge.inside <= 0 for edge in edges):
        return "three windows at a border lie outside the image"
    return FirstConvolution(channels, step, left, row_bytes, edge_bytes, middle_first, middle_pixels, edges)


def _refused(stage: Stage, op: Conv2D, stages: Sequence[Stage]) -> str:
    """Why the kernel is not for these windows, whatever lies at the borders; "" where it is."""
    source, width = stage.inputs[0], stage.output.width
    if op.window.kernel != (3, 3):
        return f"windows of {op.window.kernel[0]}x{op.window.kernel[1]}, not 3x3"
    if source.channels not in (1, 3):
        return f"{source.channels} input channels, not 1 or 3"
    if source.dtype != "int8":
        return "its input is stored as uint8"
    readers = [other.depthwise for other in stages if other.depthwise is not None and source in other.inputs]
    if source.channels > 1 and readers:
        return f"{named(readers[0])} reads the same input [channel][x]"
    if op.window.stride[1] > 2:
        return f"stride {op.window.stride[1]}, more than 2"
    if width < TILE_PIXELS:
        return f"rows of {width} pixel{'s' * (width > 1)}, fewer than {TILE_PIXELS}"
    if width > _LARGEST_CHANNEL_STRIDE:
        return f"rows of {width} pixels, more than {_LARGEST_CHANNEL_STRIDE}"
    row_bytes = width * stage.output.channels
    return f"output rows of {row_bytes:,} bytes, more than {_LARGEST_OFFSET:,}" if row_bytes > _LARGEST_OFFSET else ""


def _edge(pixel: int, at: int, edge_bytes: int, row_bytes: int) -> Edge:
    before = max(0, -at)
    inside = min(edge_bytes, row_bytes - at) - before
    return Edge(pixel, at + before, before, inside, edge_bytes - before - inside)
