"""Matrix stages on cores with DSP instructions: which stages, and in which shape of kernel.

The kernel multiplies two output channels with a tile of pixels at a time (`tiling.py`). Its columns are 16-bit values
whose high byte is the stored int8 value and whose low byte is 0, so sums are 256-fold and requantization is a rescaling
(`plan/rescaling.py`). Plain columns are the value itself in 16 bits: weights of two output channels stand in one word
then (`matrix.py`), and sums are scaled at the end. Tiles of two pixels are then multiplied with four output channels at
a time (`matrix_four.py`), and rows of even width have no others.

Word j of a pixel holds channels j and j + depth/2; the words of a tile's pixels stand together:

    channel k of pixel x:  x/tile * 2*depth*tile + k % (depth/2) * 4*tile + x%tile * 4 + (k >= depth/2) * 2 + 1 byte

Tiles of two at the end of a row stand behind the others, as if theirs were a row of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D, Operator
from mcugen.kernels.dsp.blocks import row_blocks
from mcugen.kernels.dsp.described import (
    EIGHT,
    MOST_CHANNELS,
    NO_END,
    NOT_COMPACT,
    NOT_ONE_WORD,
    Refused,
    described_depthwise,
    refused_eight,
    refused_end,
    refused_four,
    slow_end,
)
from mcugen.kernels.dsp.epilogue import MatrixEpilogue, columns_zero_points, depthwise_rescaling, matrix_epilogue
from mcugen.kernels.dsp.first import FirstConvolution, plan_first
from mcugen.kernels.dsp.one_pixel import select_one_pixel
from mcugen.kernels.dsp.refused_depthwise import refused_depthwise
from mcugen.kernels.dsp.shapes import pair_bytes
from mcugen.kernels.dsp.tiling import Tiling
from mcugen.kernels.dsp.unrolling import LOOP_QUADS, SHORT_LOOP_QUADS, bounded_unrolling, four_unrolling, unrolling
from mcugen.kernels.dsp.windows import refused_widening
from mcugen.kernels.family import Band, ColumnSource, Description, Family, Kernel, Placed, Request, band_of
from mcugen.kernels.refusals import UINT8_INPUT, refused_alone, refused_weights
from mcugen.passes.intervals import Intervals
from mcugen.plan.buffer import Layout
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.rescaling import Rescaling
from mcugen.plan.stage import Stage
from mcugen.schemas.kernels import BetterKernel

# Input rows of depthwise convolutions up to this long have so few pixels that a smaller table is worth unpacking it.
_SHORT_ROW = 6
# Bytes of weights of a network beside which the size of two kernels for a row counts.
_SMALL = 1 << 16


@dataclass(frozen=True, eq=False)
class DspKernel(Kernel):
    """depth: values of a column, a multiple of 4. tiling: of the pixels of a block of columns. fills: how often a row's
    block is filled. depthwise: the rescaling of the assembly depthwise kernel, None where columns are made by portable
    code, remark: for that reason.
    first: the shape of the kernel that takes windows from the image and needs no block of columns, None for the others.
    eight: the kernel of depth 8. four: tiles of two have that of four output channels. compact: the depthwise kernel's
    table takes less flash and, for each channel of a row, more work. unrolling: quads of weights before the loop of the
    matrix kernel and in a turn of it, see `unrolling.py`; four_unrolling: of that of four output channels. plain:
    columns hold values that are not 256-fold; unpaired: tiling, fills and unrolling where they are.
    better: kernels of the family that were not taken. band: see `Kernel`.
    """

    family: ClassVar[str] = "dsp"
    depth: int
    tiling: Tiling
    fills: int
    epilogue: MatrixEpilogue
    depthwise: Rescaling | None
    first: FirstConvolution | None = None
    eight: bool = False
    compact: bool = False
    unrolling: tuple[int, int] = (0, 0)
    four: bool = False
    four_unrolling: tuple[int, int] = (0, 0)
    plain: bool = False
    unpaired: tuple[Tiling, int, tuple[int, int]] | None = None
    remark: str = ""
    better: tuple[BetterKernel, ...] = ()
    band: Band | None = None

    def matrix_bytes(self, op: Conv2D) -> int:
        """Of all pairs of output channels."""
        return pair_bytes(self.depth, self.epilogue.form) * len(op.weights) // 2

    def in_bands(self, op: Conv2D, rows: int, most_bytes: int) -> DspKernel | str:
        """The matrix kernel is called for some pairs of channels, row by row, before it is for the next ones."""
        if self.first or self.eight:
            return "its few weights are read for tiles of one row"
        if self.fills > 1:
            return f"a row's columns are made in {self.fills} blocks, each of which reads the weights"
        channel_bytes = pair_bytes(self.depth, self.epilogue.form) // 2
        band = band_of(rows, len(op.weights), channel_bytes, most_bytes, together=4 if self.four else 2)
        return band if isinstance(band, str) else replace(self, band=band)

    @property
    def cleared(self) -> DspKernel:
        """With 256-fold columns."""
        if self.unpaired is None:
            return self
        tiling, fills, unrolled = self.unpaired
        return replace(self, plain=False, four=False, tiling=tiling, fills=fills, unrolling=unrolled, unpaired=None)

    @property
    def paired(self) -> bool:
        """Whether weights of two output channels stand in one word."""
        return self.plain and not self.eight

    @property
    def clears_columns(self) -> bool:
        """Low bytes of 256-fold columns are 0."""
        return not self.plain and self.first is None

    def mixed_depthwise(self, op: DepthwiseConv2D) -> bool:
        """Whether the assembly kernel of the depthwise convolution is one for mixed tiles. At stride 1 these take rows
        of tiles of three that are no multiple of six, too."""
        alone = op.window.stride[1] == 1 and self.tiling.tile_pixels == 3 and self.tiling.pixels % 6 == 3
        return self.tiling.twos > 0 or (alone and self.tiling.pixels > 3)

    def describe(self, placed: Placed) -> Description:
        """Channels by pixels."""
        depthwise = described_depthwise(placed.stage, assembled=self.depthwise is not None, compact=self.compact)
        return Description(*self._name_and_blocking(), depthwise, self.remark, self.better)

    def _name_and_blocking(self) -> tuple[str, str]:
        if self.eight:
            return "eight values", EIGHT if self.plain else f"{EIGHT}, of columns that are 256-fold"
        pixels = f"{self.tiling.text} pixel{'s' if self.tiling.tile_pixels > 1 else ''}"
        if self.first:
            return "first convolution", f"2 channels x {pixels} of 3x3 windows from the image"
        columns = f"{pixels}, columns of {self.depth} values"
        if not self.four:
            return "pairs of channels", f"2 channels x {columns}{'' if self.plain else ' that are 256-fold'}"
        if self.tiling.tile_pixels == 2:
            return "fours of channels", f"4 channels x {columns}"
        return "pairs and fours of channels", f"2 and 4 channels x {columns}"

    def column_source(self, stage: Stage, layouts: Mapping[str, Layout], slots: Mapping[str, int]) -> ColumnSource:
        """Columns are 16-bit values, so none lie in memory already."""
        return ColumnSource.IM2COL if stage.depthwise is None else ColumnSource.DEPTHWISE

    def columns_bytes(self, stage: Stage, source: ColumnSource | None) -> int:
        """None for the first convolution, whose columns exist on the stack only."""
        return 0 if self.first else self.row_columns_bytes * self.rows_of_columns

    @property
    def row_columns_bytes(self) -> int:
        """Of a row's block of columns."""
        return 2 * self.depth * self.tiling.pixels

    def form(self, op: Operator, epilogue: Epilogue, *, columns: bool) -> str | None:
        """Of a rescaling, or the exact form on sums that are 256-fold."""
        if not columns:
            return self.epilogue.form
        return None if self.depthwise is None else self.depthwise.form


def _select(request: Request) -> list[Kernel | str]:
    """Stages of one output pixel have kernels of their own."""
    stages, intervals = request.stages, request.intervals
    small = sum(stage.matrix.weights.size for stage in stages if stage.matrix is not None) < _SMALL
    one_pixel = [stage for stage in stages if stage.output.width * stage.output.height == 1]
    rows = [stage for stage in stages if stage.output.width * stage.output.height > 1]
    answers: dict[int, Kernel | str] = {}
    answers |= zip([stage.index for stage in one_pixel], select_one_pixel(one_pixel, request), strict=True)
    found = [_kernel(stage, request, small=small) for stage in rows]
    answers |= zip([stage.index for stage in rows], _share_shifts(rows, found, intervals), strict=True)
    return [answers[stage.index] for stage in stages]


def _share_shifts(
    stages: Sequence[Stage], answers: Sequence[DspKernel | str], intervals: Intervals
) -> list[DspKernel | str]:
    """Kernels are shared by stages whose rescalings have the same shift, so they are searched for once more with the
    smallest shift of all wherever that is possible."""
    kernels = [answer for answer in answers if isinstance(answer, DspKernel)]
    matrix = min((k.epilogue.rescaling.shift for k in kernels if k.epilogue.rescaling and not k.first), default=0)
    depthwise = min((k.depthwise.shift for k in kernels if k.depthwise), default=0)
    return [
        answer if isinstance(answer, str) else _with_shifts(stage, answer, intervals, matrix, depthwise)
        for stage, answer in zip(stages, answers, strict=True)
    ]


def _with_shifts(stage: Stage, kernel: DspKernel, intervals: Intervals, matrix: int, depthwise: int) -> DspKernel:
    if stage.depthwise is not None and kernel.depthwise is not None and kernel.depthwise.shift != depthwise:
        rescaling = depthwise_rescaling(stage.depthwise, intervals, depthwise, compact=kernel.compact)
        if rescaling is not None and np.array_equal(rescaling.base, kernel.depthwise.base):
            kernel = replace(kernel, depthwise=rescaling)
    rescaling = kernel.epilogue.rescaling
    if stage.matrix is not None and rescaling is not None and kernel.first is None and rescaling.shift != matrix:
        zero_points = columns_zero_points(stage, kernel.depthwise)
        epilogue = matrix_epilogue(stage.matrix, intervals.accumulators[stage.matrix.name], zero_points, matrix)
        if epilogue is not None and epilogue.form == kernel.epilogue.form:
            kernel = replace(kernel, epilogue=epilogue)
    return kernel


def _kernel(stage: Stage, request: Request, *, small: bool) -> DspKernel | str:
    """The kernel, or why there is none. small: see `_SMALL`."""
    intervals, loop_bytes = request.intervals, request.target.loop_bytes
    op, width = stage.matrix, stage.output.width
    if op is None:
        return refused_alone(stage, request.graph)
    if refused := refused_weights(stage, op):
        return refused
    if len(op.weights) % 2:
        return f"{len(op.weights)} output channels are no multiple of 2"
    if len(op.weights) > MOST_CHANNELS:
        return f"{len(op.weights)} output channels are more than {MOST_CHANNELS}, the widest step from pixel to pixel"
    if not stage.is_separable and stage.inputs[0].dtype != "int8":
        return UINT8_INPUT
    depth = -(-op.weights[0].size // 4) * 4
    depthwise, compact, remark = None, False, ""
    better: tuple[BetterKernel, ...] = ()
    if stage.depthwise is not None:
        remark = refused_depthwise(stage, stage.depthwise, depth, request.graph)
    if stage.depthwise is not None and not remark:
        short = width <= _SHORT_ROW // stage.depthwise.window.stride[1]
        depthwise = depthwise_rescaling(stage.depthwise, intervals, compact=True) if short else None
        compact = depthwise is not None
        depthwise = depthwise or depthwise_rescaling(stage.depthwise, intervals)
        remark = "" if depthwise else NO_END
        better = (NOT_COMPACT,) if short and depthwise and not compact else ()
    epilogue = matrix_epilogue(op, intervals.accumulators[op.name], columns_zero_points(stage, depthwise))
    if epilogue is None:
        return NO_END
    end = refused_end(epilogue.form)
    first = plan_first(stage, request.stages, request.graph.input)
    if isinstance(first, FirstConvolution) and not end:
        return DspKernel(2 * first.halves, Tiling(width, first.tile_pixels), 1, epilogue, None, first)
    not_eight, folded = refused_eight(depth, width, epilogue.form), _refused_plain(stage, op, depthwise)
    why = Refused(
        end if isinstance(first, FirstConvolution) else first,
        not_eight,
        folded or ("" if _one_word_holds(op) else NOT_ONE_WORD),
        refused_four(len(op.weights)),
    )
    eight = not not_eight
    plain = not (folded if eight else why.paired)
    fours = plain and not eight and not why.four

    def blocks(*, paired: bool) -> tuple[Tiling, int, tuple[int, int]]:
        tiling, fills = row_blocks(stage, depth, eight=eight, four=fours and paired and width % 2 == 0)
        if small and tiling.twos:
            return tiling, fills, unrolling(depth, SHORT_LOOP_QUADS)
        if loop_bytes:
            pixels, form = tiling.tile_pixels, epilogue.form
            return tiling, fills, bounded_unrolling(depth, pixels, form, loop_bytes, paired=paired)
        return tiling, fills, unrolling(depth, LOOP_QUADS)

    tiling, fills, unrolled = blocks(paired=plain)
    four = fours and 2 in (tiling.tile_pixels, tiling.twos and 2)
    return DspKernel(
        depth,
        tiling,
        fills,
        epilogue,
        depthwise,
        eight=eight,
        compact=compact,
        unrolling=unrolled,
        four=four,
        four_unrolling=four_unrolling(depth, epilogue.form, loop_bytes),
        plain=plain,
        unpaired=blocks(paired=False) if plain else None,
        remark=f"columns by portable C: {remark}" if remark else "",
        better=(*why.better(depth, width, tiling, four=four), *better, *slow_end(epilogue.form)),
    )


def _refused_plain(stage: Stage, op: Conv2D, depthwise: Rescaling | None) -> str:
    """Why columns are 256-fold, "" where they can be plain. depthwise: of the assembly kernel that makes them."""
    if stage.depthwise is None:
        return refused_widening(op)
    return "" if depthwise is not None else "portable C makes its columns"


def _one_word_holds(op: Conv2D) -> bool:
    """Whether low + 256 * high is a 16-bit integer for all weights of two output channels."""
    weights = op.weight_matrix
    return not np.any((weights[1::2] == -128) & (weights[::2] < 0))


FAMILY = Family("dsp", "DSP instructions", _select)
