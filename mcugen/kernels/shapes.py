"""What every matrix and every depthwise kernel is written for; a family adds what else its code depends on."""

from __future__ import annotations

from dataclasses import dataclass

_COLUMNS_BYTES = 1600


@dataclass(frozen=True)
class MatrixShape:
    """depth: values of a column. channels, pixels: of the output, in one call. channel_stride, x_stride: bytes of the
    output."""

    depth: int
    channels: int
    pixels: int
    channel_stride: int
    x_stride: int


@dataclass(frozen=True)
class DepthwiseShape:
    """channels: of input and columns. width, outputs: pixels of input and output rows. stride, left: of 3x3 windows
    and their padding, along a row."""

    channels: int
    width: int
    outputs: int
    stride: int
    left: int


def parts_of_row(width: int, pixels: int, pixel_bytes: int) -> int | None:
    """The fewest equal parts of a row, each of whole groups of `pixels`, whose blocks of columns stay small (at most
    1,600 bytes, of `pixel_bytes` each pixel); None where no part is that small."""
    fitting = (
        parts
        for parts in range(1, width // pixels + 1)
        if width % (pixels * parts) == 0 and width // parts * pixel_bytes <= _COLUMNS_BYTES
    )
    return next(fitting, None)
