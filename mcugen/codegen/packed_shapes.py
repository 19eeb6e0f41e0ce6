"""Shapes that kernels of packed pixels are written for."""

from __future__ import annotations

from dataclasses import dataclass

# Outputs of a turn in long rows: the three sums of a window that slides by one change places, pixels pair up in fours.
_TURN_STRIDE_1 = 12
_TURN_STRIDE_2 = 4


@dataclass(frozen=True)
class MatrixShape:
    """depth: channels of a column. channels: of the output. blocks: sizes of blocks that occur, largest first.
    groups, rest: whole groups of four pixels, and pixels behind them. shift, middle: of the fit (middle 0: it has
    none). saturate: usat or ssat. channel_stride, x_stride: bytes of the output."""

    depth: int
    channels: int
    blocks: tuple[int, ...]
    groups: int
    rest: int
    shift: int
    middle: int
    saturate: str
    channel_stride: int
    x_stride: int


@dataclass(frozen=True)
class DepthwiseShape:
    """channels: of the input. depth: of a column. width, outputs: pixels of input and output rows. row_bytes,
    channel_stride: of the input. stride, left: of the window. scale, shift, middle,
    has_addend: of the fit."""

    channels: int
    depth: int
    width: int
    outputs: int
    row_bytes: int
    channel_stride: int
    stride: int
    left: int
    scale: int
    shift: int
    middle: int
    has_addend: bool

    @property
    def turns(self) -> int:
        """Turns of the loop over a row; 1: the row is unrolled."""
        return self.outputs // unrolled_outputs(self)


def unrolled_outputs(shape: DepthwiseShape) -> int:
    """Outputs of one turn."""
    if shape.stride == 1:
        whole = shape.outputs <= _TURN_STRIDE_1 or shape.outputs % _TURN_STRIDE_1
        return shape.outputs if whole else _TURN_STRIDE_1
    whole = shape.outputs <= _TURN_STRIDE_2 or shape.outputs % _TURN_STRIDE_2
    return shape.outputs if whole else _TURN_STRIDE_2
