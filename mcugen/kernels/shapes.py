"""What every matrix and every depthwise kernel is written for; a family adds what else its code depends on."""

from __future__ import annotations

from dataclasses import dataclass

COLUMNS_BYTES = 1600


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


def fewest_fills(width: int, pixels: int, pixel_bytes: int) -> int | None:
    """How often, at the least, a block of columns of at most 1,600 bytes (`pixel_bytes` a pixel) is filled for a row,
    always with as many whole tiles of `pixels`; None where not even one tile is that small."""
    fitting = (
        fills
        for fills in range(1, width // pixels + 1)
        if width % (pixels * fills) == 0 and width // fills * pixel_bytes <= COLUMNS_BYTES
    )
    return next(fitting, None)
