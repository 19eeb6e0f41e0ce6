"""What every matrix and every depthwise kernel is written for; a family adds what else its code depends on."""

from __future__ import annotations

from dataclasses import dataclass


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
