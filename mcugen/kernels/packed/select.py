"""Matrix stages on cores without DSP instructions: two pixels a multiplication.

A word of columns holds a channel of two neighbouring pixels as the integer low + high * 2^16, so one 32-bit product
with a weight is both pixels' products, each in a 16-bit lane of its own. Over a block of a few channels the lanes stay
exact as long as no sum of a block leaves [-LANE_LIMIT, LANE_LIMIT]; after each block the lanes are added to whole sums.
Blocks of 4 channels are used for the output channels for which the weights and the columns' intervals prove that,
blocks of 2, which hold two products of int8 values always, for the others. A tile of four pixels stands together:

    channel k of pixel x:  word (x/4 * depth + k) * 2 + x/2 % 2, lane x % 2
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D, Operator, Planes
from mcugen.kernels.family import ONE_BY_ONE, Band, ColumnSource, Description, Family, Kernel, Placed, Request, band_of
from mcugen.kernels.packed.one_pixel import CORES, one_pixel_kernel, worth_their_code
from mcugen.kernels.packed.plain_rescaling import find_plain_rescaling, saturates_to_a_byte
from mcugen.kernels.packed.refused_depthwise import ROWS, refused_depthwise
from mcugen.kernels.packed.shapes import LARGEST_DISPLACEMENT, TILE_PIXELS, padded_depth
from mcugen.kernels.packed.signed_rescaling import SignedRescaling, find_signed_rescaling
from mcugen.kernels.packed.split_rescaling import SplitRescaling, find_split_rescaling
from mcugen.kernels.refusals import (
    NO_RESCALING,
    UINT8_INPUT,
    named,
    refused_alone,
    refused_depth,
    refused_weights,
)
from mcugen.kernels.shapes import fewest_fills
from mcugen.passes.intervals import Interval, Intervals
from mcugen.passes.lanes import lanes_are_exact
from mcugen.plan.buffer import Buffer, Layout
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.rescaling import Rescaling, find_rescaling
from mcugen.plan.stage import Stage
from mcugen.schemas.kernels import BetterKernel
from mcugen.targets import Target

# Cores that requantize by 32-bit products alone, and those whose kernels are C that the compiler sees.
SPLIT = ("armv6-m", "c-split")
COMPILED = ("c", "c-split")
# Largest displacements of the assembly kernels' instructions.
_LARGEST_DEPTH = 1000
_LARGEST_ROW = 4000
_ONE_LINE = BetterKernel("a rescaling whose steps lie on one line", "none is proved equal to its requantization")
_SLIDING = f"{ONE_BY_ONE}, sums kept while the window slides"
_OF_COMPILED = "1 channel x 2 pixels"
_ONE_PIXEL = "one output pixel, where no two share a multiplication"


@dataclass(frozen=True, eq=False)
class PackedKernel(Kernel):
    """depth: channels of a column, a multiple of 4. fills: how often a row's block of columns is filled.
    blocks: int [C], channels in a block, 4 or 2, by output channel. matrix: the rescaling of the matrix kernel.
    depthwise: of the depthwise kernel, None where columns are made by portable code. pairs: neighbouring output
    channels that both have blocks of 4 are computed together. unpaired: output channels that have blocks of 2 only
    because their neighbours do. remark: why portable code makes the columns. band: see `Kernel`."""

    family: ClassVar[str] = "packed"
    depth: int
    fills: int
    blocks: np.ndarray
    matrix: Rescaling | SignedRescaling | SplitRescaling
    depthwise: Rescaling | SplitRescaling | None
    remark: str = ""
    pairs: bool = False
    unpaired: int = 0
    band: Band | None = None

    @property
    def channel_bytes(self) -> int:
        """Of an output channel in the matrix kernel's table: constants, the start of its sums, and weights."""
        constants = 2 if not isinstance(self.matrix, SplitRescaling) else 3 if self.matrix.drop is None else 4
        return 4 * (constants + 1) + self.depth

    def matrix_bytes(self, op: Conv2D) -> int:
        """Of all output channels."""
        return self.channel_bytes * len(self.blocks)

    def in_bands(self, op: Conv2D, rows: int, most_bytes: int) -> PackedKernel | str:
        """The matrix kernel is one for some of the output channels, called row by row, before it is for the next."""
        if self.fills > 1:
            return f"a row's columns are made in {self.fills} blocks, each of which reads the weights"
        band = band_of(rows, len(self.blocks), self.channel_bytes, most_bytes)
        if isinstance(band, str) or band.channels is None or not self.pairs:
            return band if isinstance(band, str) else replace(self, band=band)
        blocks = self.blocks.copy()
        for begin in seconds_of_pairs(blocks).intersection(range(0, len(blocks), band.channels)):
            blocks[begin - 1 : begin + 1] = 2
        unpaired = self.unpaired + int(np.sum(blocks != self.blocks))
        return replace(self, band=band, blocks=blocks, unpaired=unpaired)

    @property
    def zero_point(self) -> int | None:
        """Of the matrix kernel's rescaling where its steps lie on two lines, else None."""
        match self.matrix:
            case SignedRescaling(zero_point=zero_point):
                return zero_point
            case SplitRescaling(zero_point=zero_point, drop=drop) if drop is not None:
                return zero_point
        return None

    def describe(self, placed: Placed) -> Description:
        """Channels by pixels, and how many channels go four products to a lane before they are summed."""
        by_four, channels = int(np.sum(self.blocks == 4)), len(self.blocks)
        size = "4" if by_four == channels else "2" if by_four == 0 else f"4 ({by_four} of {channels} channels) or 2"
        together = "1 channel" if not (self.pairs and by_four) else "2 channels" if size == "4" else "2 and 1 channels"
        blocking = f"{together} x {TILE_PIXELS} pixels, blocks of {size} values"
        better = () if by_four == channels else (BetterKernel("blocks of 4 values", self._short_blocks()),)
        better = better if self.zero_point is None else (*better, _ONE_LINE)
        sliding = _OF_COMPILED if core_of(placed.target) in COMPILED else _SLIDING
        columns = "" if not placed.stage.is_separable else ONE_BY_ONE if self.depthwise is None else sliding
        return Description("pairs of pixels", blocking, columns, self.remark, better)

    def _short_blocks(self) -> str:
        """Why some output channels have blocks of 2."""
        leaving = int(np.sum(self.blocks == 2)) - self.unpaired
        counted = [f"{n} output channel{'s' * (n > 1)}" for n in (leaving, self.unpaired)]
        reasons = [f"sums of 4 products may leave a 16-bit lane in {counted[0]}"] if leaving else []
        reasons += [f"no neighbour can be computed together with {counted[1]}"] if self.unpaired else []
        return ", and ".join(reasons)

    def column_source(self, stage: Stage, layouts: Mapping[str, Layout], slots: Mapping[str, int]) -> ColumnSource:
        """Columns are pairs of pixels, so none lie in memory already."""
        return ColumnSource.IM2COL if stage.depthwise is None else ColumnSource.DEPTHWISE

    def columns_bytes(self, stage: Stage, source: ColumnSource | None) -> int:
        """Whole tiles of four pixels."""
        return self.row_columns_bytes(stage) * self.rows_of_columns

    def row_columns_bytes(self, stage: Stage) -> int:
        """Of a row's block of columns."""
        return -(-(stage.output.width // self.fills) // TILE_PIXELS) * self.depth * 8

    def form(self, op: Operator, epilogue: Epilogue, *, columns: bool) -> str | None:
        """Of the rescalings."""
        rescaling = self.depthwise if columns else self.matrix
        return None if rescaling is None else rescaling.form


def _select(request: Request) -> list[Kernel | str]:
    return worth_their_code(request.stages, [_kernel(stage, request) for stage in request.stages])


def _kernel(stage: Stage, request: Request) -> Kernel | str:
    """The kernel, or why there is none."""
    intervals, core = request.intervals, request.variant
    op, (source, output), width = stage.matrix, (stage.inputs[0], stage.output), stage.output.width
    if op is None:
        return refused_alone(stage, request.graph)
    if width * output.height == 1:
        return one_pixel_kernel(stage, intervals) if core in CORES else _ONE_PIXEL
    if stage.depthwise is None and request.layouts[source.name] is Layout.PLANAR and source.channels > 1:
        # Windows are copied only from pixels whose channels stand together.
        reader = next(op for op in request.graph.consumers(source.name) if op.planes is not Planes.NEVER)
        return f"its input lies [channel][x], as {named(reader)} reads it"
    if not stage.is_separable and source.dtype != "int8":
        return UINT8_INPUT
    if refused := refused_weights(stage, op):
        return refused
    weights = op.weights.reshape(len(op.weights), -1)
    depth = padded_depth(weights.shape[1])
    if refused := refused_depth(depth, _LARGEST_DEPTH):
        return refused
    x_stride = 1 if request.layouts[output.name] is Layout.PLANAR else output.channels
    if width * x_stride > _LARGEST_ROW:
        return f"output rows of {width * x_stride:,} bytes, more than {_LARGEST_ROW:,}"
    columns = _columns(stage, op, intervals)
    if not np.all(lanes_are_exact(weights, columns, 2)):
        return "two products of a channel may leave a 16-bit lane"
    requantization = op.requantization.broadcast(len(op.bias))
    reachable = intervals.accumulators[op.name]
    matrix: Rescaling | SignedRescaling | SplitRescaling | None
    if core in SPLIT:
        matrix = find_split_rescaling(requantization, reachable)
    else:
        matrix = find_plain_rescaling(requantization, reachable) or find_signed_rescaling(requantization, reachable)
    if matrix is None:
        return NO_RESCALING
    blocks = np.where(lanes_are_exact(weights, columns, 4), 4, 2)
    pairs, unpaired = core == "c", 0
    if pairs:
        paired = _paired(blocks)
        blocks, unpaired = paired, int(np.sum(blocks != paired))
    fills = 1
    if not stage.is_separable:
        fills = fewest_fills(width, TILE_PIXELS, 2 * depth) or 1
    depthwise = None if stage.depthwise is None else _depthwise_rescaling(stage, stage.depthwise, request)
    if isinstance(depthwise, str):
        return PackedKernel(depth, fills, blocks, matrix, None, f"columns by portable C: {depthwise}", pairs, unpaired)
    return PackedKernel(depth, fills, blocks, matrix, depthwise, pairs=pairs, unpaired=unpaired)


def rows_need_pointers(buffer: Buffer, core: str) -> bool:
    """Whether the depthwise kernel is given a pointer to each of the three rows that it reads, and not only to one."""
    if not buffer.rows_are_equidistant or buffer.tensor.height < ROWS:
        return True
    return core == "armv7-m" and 2 * buffer.row_bytes + buffer.tensor.width > LARGEST_DISPLACEMENT


def _paired(blocks: np.ndarray) -> np.ndarray:
    """Blocks of 4 only where two output channels one after the other have them: those are computed together."""
    paired = np.full_like(blocks, 2)
    for second in seconds_of_pairs(blocks):
        paired[second - 1 : second + 1] = 4
    return paired


def seconds_of_pairs(blocks: np.ndarray) -> set[int]:
    """Output channels that are computed together with the one before them: both have blocks of 4."""
    found, channel = set(), 0
    while channel < len(blocks):
        together = channel + 1 < len(blocks) and bool(np.all(blocks[channel : channel + 2] == 4))
        found |= {channel + 1} if together else set()
        channel += 2 if together else 1
    return found


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


def _depthwise_rescaling(stage: Stage, op: DepthwiseConv2D, request: Request) -> Rescaling | SplitRescaling | str:
    """The rescaling of the depthwise kernel, or why portable code makes the columns."""
    core = request.variant
    refused = refused_depthwise(stage, op, request)
    if refused:
        return refused
    requantization = op.requantization.broadcast(len(op.bias))
    reachable = request.intervals.accumulators[op.name]
    rescaling: Rescaling | SplitRescaling | None = None
    if saturates_to_a_byte(requantization):
        if core in SPLIT:
            rescaling = find_split_rescaling(requantization, reachable)
        elif core == "c":
            rescaling = find_plain_rescaling(requantization, reachable)
        else:
            # 256-fold weights cost an instruction a weight and save the addend's two an output.
            rescaling = find_rescaling(requantization, reachable, addends=False)
            rescaling = rescaling or find_plain_rescaling(requantization, reachable)
    return rescaling or NO_RESCALING


def core_of(target: Target) -> str:
    """Whose kernels a target of this family uses: the variant of its `FamilyUse`.

    "armv7-m", "armv6-m", "c" (left to the compiler), or "c-split" (that too, without 64-bit products and loads of
    signed bytes, and with fewer registers).
    """
    return next(use.variant for use in target.families if use.name == FAMILY.name)


FAMILY = Family("packed", "packed pixels", _select)
