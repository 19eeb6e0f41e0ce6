"""Shapes that kernels of packed pixels are written for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from mcugen.kernels.shapes import DepthwiseShape, MatrixShape

Sum = TypeVar("Sum")
"""Whatever a kernel has for a register with a sum."""
TILE_PIXELS = 4
"""Pixels whose columns stand together."""
LARGEST_DISPLACEMENT = 4095
"""Bytes that instructions of Armv7-M reach over from a register."""
# Rows of so many outputs are unrolled. Longer ones take turns of so many, multiples of four pixels that stand together.
_UNROLLED_OUTPUTS = {1: 12, 2: 4}
_PAIRS_OF_A_LOOP = 6
_LONG_COLUMN = 128
_TURNS = {1: (12, 8, 4), 2: (4,)}


@dataclass(frozen=True)
class PackedMatrix(MatrixShape):
    """blocks: sizes of blocks that occur, largest first. shift, middle, skipped: of the rescaling (0: it has none).
    zero_point: of a rescaling whose steps lie on two lines, None where they lie on one. saturate: usat or ssat."""

    blocks: tuple[int, ...]
    shift: int
    middle: int
    skipped: int
    zero_point: int | None
    saturate: str

    @property
    def tiles(self) -> int:
        """Whole tiles of four pixels."""
        return self.pixels // TILE_PIXELS

    @property
    def rest(self) -> int:
        """Pixels behind them."""
        return self.pixels % TILE_PIXELS

    @property
    def two_lines(self) -> bool:
        """Whether the rescaling's steps lie on two lines."""
        return self.zero_point is not None

    @property
    def minimum(self) -> int:
        """Of the output."""
        return -128 if self.saturate == "ssat" else 0


@dataclass(frozen=True)
class PackedPixel:
    """Of one output pixel. rows: output channels at a time. two_lines: of the rescaling's steps. What else it depends
    on, the kernel is given."""

    rows: int
    two_lines: bool

    def stream_words(self, depth: int) -> int:
        """Words of all that the stream has for the output channels of one time."""
        return self.rows * (1 + -(-depth // 4) + (4 if self.two_lines else 3))


@dataclass(frozen=True)
class PackedDepthwise(DepthwiseShape):
    """depth: of a column. row_bytes: from row to row of the input, None where a pointer to each of the three rows is
    given. channel_stride: of the input. scale, shift, middle, skipped, has_addend: of the rescaling."""

    depth: int
    row_bytes: int | None
    channel_stride: int
    scale: int
    shift: int
    middle: int
    skipped: int
    has_addend: bool

    @property
    def turns(self) -> int:
        """Turns of the loop over a row; 1: the row is unrolled."""
        return self.outputs // unrolled_outputs(self)

    @property
    def turns_of_compiled(self) -> int:
        """Turns of the loop over a row in C."""
        return turns_of_compiled(self.outputs)


def unrolled_outputs(shape: PackedDepthwise) -> int:
    """Outputs of one turn."""
    return unrolled(shape.stride, shape.outputs)


def unrolled(stride: int, outputs: int) -> int:
    """Outputs of one turn of the loop over a row of so many; all of them where there is no loop."""
    if outputs <= _UNROLLED_OUTPUTS[stride]:
        return outputs
    return next((turn for turn in _TURNS[stride] if outputs % turn == 0), outputs)


def padded_depth(values: int) -> int:
    """Values of a column of so many: whole blocks; in long columns whole turns of a loop as well, so that its counter
    stays small."""
    multiple = 4 if values <= _LONG_COLUMN else 16
    return -(-values // multiple) * multiple


def column_reach(stride: int, outputs: int, depth: int) -> int:
    """Bytes from the columns of a turn's first output to those of its last one, or of the next turn. outputs: of a row.
    depth: of a column."""
    count = unrolled(stride, outputs)
    last_column = (count - 1) // TILE_PIXELS * 8 * depth + 4
    return max(last_column, 2 * count * depth if outputs > count else 0)


def turns_of_compiled(outputs: int) -> int:
    """Turns of the loop over a row in C, of four outputs each, between those that are written out; 0: all are."""
    pairs = (outputs + 1) // 2
    return (pairs - 2) // 2 if pairs >= _PAIRS_OF_A_LOOP else 0


def moves_of_sums(shape: PackedDepthwise, sums: tuple[Sum, ...]) -> tuple[tuple[Sum, Sum], ...]:
    """(to, from) between registers after a turn, so that the next one finds the two sums that go on."""
    ending, middle, beginning = sums
    if shape.turns == 1 or unrolled_outputs(shape) % 3 == 0:
        return ()
    if unrolled_outputs(shape) % 3 == 1:
        return ((ending, middle), (middle, beginning))
    return ((middle, ending), (ending, beginning))
