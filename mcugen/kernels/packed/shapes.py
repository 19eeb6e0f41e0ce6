"""Shapes that kernels of packed pixels are written for."""

from __future__ import annotations

from dataclasses import dataclass

# Rows of so many outputs are unrolled. Longer ones take turns of so many, multiples of four pixels that stand together.
_UNROLLED_OUTPUTS = {1: 12, 2: 4}
_TURNS = {1: (12, 8, 4), 2: (4,)}


@dataclass(frozen=True)
class MatrixShape:
    """depth: channels of a column. channels: of the output. blocks: sizes of blocks that occur, largest first.
    groups, rest: whole groups of four pixels, and pixels behind them. shift, middle, skipped: of the fit (0: it
    has none). zero_point: of a fit whose steps lie on two lines, None where they lie on one. saturate: usat or ssat.
    channel_stride, x_stride: bytes of the output."""

    depth: int
    channels: int
    blocks: tuple[int, ...]
    groups: int
    rest: int
    shift: int
    middle: int
    skipped: int
    zero_point: int | None
    saturate: str
    channel_stride: int
    x_stride: int


@dataclass(frozen=True)
class DepthwiseShape:
    """channels: of the input. depth: of a column. width, outputs: pixels of input and output rows. row_bytes: from row
    to row of the input, None where a pointer to each of the three rows is given. channel_stride: of the input. stride,
    left: of the window. scale, shift, middle, skipped, has_addend: of the fit."""

    channels: int
    depth: int
    width: int
    outputs: int
    row_bytes: int | None
    channel_stride: int
    stride: int
    left: int
    scale: int
    shift: int
    middle: int
    skipped: int
    has_addend: bool

    @property
    def turns(self) -> int:
        """Turns of the loop over a row; 1: the row is unrolled."""
        return self.outputs // unrolled_outputs(self)


def unrolled_outputs(shape: DepthwiseShape) -> int:
    """Outputs of one turn."""
    if shape.outputs <= _UNROLLED_OUTPUTS[shape.stride]:
        return shape.outputs
    return next((turn for turn in _TURNS[shape.stride] if shape.outputs % turn == 0), shape.outputs)


def moves_of_sums(shape: DepthwiseShape, sums: tuple[str, str, str]) -> tuple[tuple[str, str], ...]:
    """(to, from) between registers after a turn, so that the next one finds the two sums that go on."""
    ending, middle, beginning = sums
    if shape.turns == 1 or unrolled_outputs(shape) % 3 == 0:
        return ()
    if unrolled_outputs(shape) % 3 == 1:
        return ((ending, middle), (middle, beginning))
    return ((middle, ending), (ending, beginning))
