"""Matrix stages on cores without DSP instructions: two pixels a multiplication.

A word of columns holds a channel of two neighbouring pixels as the integer low + high * 2^16, so one 32-bit product
with a weight is both pixels' products, each in a 16-bit lane of its own. Over a block of a few channels the lanes stay
exact as long as no sum of a block leaves [-LANE_LIMIT, LANE_LIMIT]; after each block the lanes are added to whole sums.
Blocks of 4 channels are used for the output channels for which the weights and the columns' intervals prove that,
blocks of 2, which hold two products of int8 values always, for the others. A group of four pixels stands together:

    channel k of pixel x:  word (x/4 * depth + k) * 2 + x/2 % 2, lane x % 2
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.packed.fit_plain import fit_plain, saturates_to_a_byte
from mcugen.kernels.packed.fit_signed import SignedFit, fit_signed
from mcugen.kernels.packed.fit_split import SplitFit, fit_split
from mcugen.passes.intervals import Interval, Intervals
from mcugen.passes.lanes import lanes_are_exact
from mcugen.plan.buffer import Buffer
from mcugen.plan.fit import Fit, fit_requantization
from mcugen.plan.stage import Stage

GROUP = 4
# Cores that requantize by 32-bit products alone, and those whose kernels are C that the compiler sees.
SPLIT = ("armv6-m", "c-split")
COMPILED = ("c", "c-split")
_COLUMNS_BYTES = 1600
# Largest displacements of the assembly kernels' instructions.
_LARGEST_DEPTH = 1000
_LONG_COLUMN = 128
_LARGEST_ROW = 4000
# Depthwise kernels unroll rows of so many outputs; other rows take turns of outputs that stand together.
_UNROLLED_OUTPUTS = 12
_LARGEST_WIDTH = 240
_LARGEST_DISPLACEMENT = 4095


@dataclass(frozen=True, eq=False)
class PackedStage:
    """depth: channels of a column, a multiple of 4. parts: how often a row's block of columns is filled.
    blocks: int [C], channels in a block, 4 or 2, by output channel. matrix: the fit of the matrix kernel. depthwise: of
    the depthwise kernel, None where columns are made by portable code."""

    depth: int
    parts: int
    blocks: np.ndarray
    matrix: Fit | SignedFit | SplitFit
    depthwise: Fit | SplitFit | None

    @property
    def zero_point(self) -> int | None:
        """Of the matrix kernel's fit where its steps lie on two lines, else None."""
        match self.matrix:
            case SignedFit(zero_point=zero_point):
                return zero_point
            case SplitFit(zero_point=zero_point, drop=drop) if drop is not None:
                return zero_point
        return None

    def columns_bytes(self, width: int) -> int:
        """Bytes of the block of columns for output rows of this width."""
        return -(-(width // self.parts) // GROUP) * self.depth * 8


def plan_packed_stage(stage: Stage, intervals: Intervals, x_stride: int, core: str) -> PackedStage | None:
    """The kernel of a stage, None where it stays with the portable code.

    x_stride: bytes from pixel to pixel of its output. core: whose kernels, see `Target.packed`.
    """
    op, width = stage.last, stage.output.width
    if not isinstance(op, Conv2D) or width * stage.output.height == 1:
        return None
    if not stage.is_separable and (stage.inputs[0].dtype != "int8" or op.weights[0].size > _LARGEST_DEPTH):
        return None
    weights = op.weights.reshape(len(op.weights), -1)
    depth = _padded(weights.shape[1])
    if depth > _LARGEST_DEPTH or width * x_stride > _LARGEST_ROW:
        return None
    columns = _columns(stage, op, intervals)
    if not np.all(lanes_are_exact(weights, columns, 2)):
        return None
    requantization = op.requantization.broadcast(len(op.bias))
    reachable = intervals.accumulators[op.name]
    matrix: Fit | SignedFit | SplitFit | None
    if core in SPLIT:
        matrix = fit_split(requantization, reachable)
    else:
        matrix = fit_plain(requantization, reachable) or fit_signed(requantization, reachable)
    if matrix is None:
        return None
    blocks = np.where(lanes_are_exact(weights, columns, 4), 4, 2)
    if core == "c":
        blocks = _paired(blocks)
    parts = 1
    if not stage.is_separable:
        groups = width // GROUP
        divisors = (p for p in range(1, groups + 1) if width % (GROUP * p) == 0)
        parts = next((p for p in divisors if width // p * depth * 2 <= _COLUMNS_BYTES), 1)
    return PackedStage(depth, parts, blocks, matrix, _depthwise_fit(stage, intervals, core))


def rows_need_pointers(buffer: Buffer, core: str) -> bool:
    """Whether the depthwise kernel is given a pointer to each of the three rows that it reads, and not only to one."""
    if not buffer.rows_are_equidistant:
        return True
    return core == "armv7-m" and 2 * buffer.row_bytes + buffer.tensor.width > _LARGEST_DISPLACEMENT


def _padded(depth: int) -> int:
    """Whole blocks; in long columns whole turns of a loop as well, so that its counter stays small."""
    multiple = 4 if depth <= _LONG_COLUMN else 16
    return -(-depth // multiple) * multiple


def _paired(blocks: np.ndarray) -> np.ndarray:
    """Blocks of 4 only where two output channels one after the other have them: those are computed together."""
    paired = np.full_like(blocks, 2)
    channel = 0
    while channel < len(blocks):
        together = channel + 1 < len(blocks) and np.all(blocks[channel : channel + 2] == 4)
        if together:
            paired[channel : channel + 2] = 4
        channel += 2 if together else 1
    return paired


def _columns(stage: Stage, op: Conv2D, intervals: Intervals) -> Interval:
    """Interval of each value of a column."""
    source = intervals.tensors[op.input]
    if stage.is_separable:
        return source
    taps = op.window.kernel[0] * op.window.kernel[1]
    low, high = np.tile(source.low, taps), np.tile(source.high, taps)
    # Windows that reach over the border hold zero points there.
    zero_point = stage.inputs[0].zero_point
    return Interval(np.minimum(low, zero_point), np.maximum(high, zero_point))


def _depthwise_fit(stage: Stage, intervals: Intervals, core: str) -> Fit | SplitFit | None:
    op = stage.first
    if not isinstance(op, DepthwiseConv2D) or not _native_depthwise(stage, op):
        return None
    requantization = op.requantization.broadcast(len(op.bias))
    reachable = intervals.accumulators[op.name]
    if not saturates_to_a_byte(requantization):
        return None
    if core in SPLIT:
        return fit_split(requantization, reachable)
    if core == "c":
        return fit_plain(requantization, reachable)
    # 256-fold weights cost an instruction a weight and save the addend's two an output.
    return fit_requantization(requantization, reachable, addends=False) or fit_plain(requantization, reachable)


def _native_depthwise(stage: Stage, op: DepthwiseConv2D) -> bool:
    """Whether the assembly kernels take this shape."""
    source, output = stage.inputs[0], stage.output
    if op.window.kernel != (3, 3) or op.depth_multiplier != 1 or source.zero_point != 0 or source.dtype != "uint8":
        return False
    if op.requantization.minimum != -128 or op.requantization.maximum != 127 or source.height < 3:
        return False
    stride, (top, _, left, _) = op.window.stride, op.window.padding
    shaped = output.width <= _UNROLLED_OUTPUTS or output.width % GROUP == 0
    if not shaped or not 3 <= source.width <= _LARGEST_WIDTH:
        return False
    if stride == (1, 1):
        return top == left == 1 and (output.height, output.width) == source.shape[:2]
    if stride != (2, 2) or (top, left) not in ((0, 0), (1, 1)):
        return False
    return source.shape[:2] == (2 * output.height, 2 * output.width)
