"""Loop turns of portable convolutions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mcugen.ir import Conv2D, DepthwiseConv2D, Tensor, Window
from mcugen.kernels.family import ColumnSource
from mcugen.kernels.one_pixel import OnePixel
from mcugen.kernels.portable.depthwise_work import depthwise
from mcugen.plan.part import Part, called_for_rows, divided_rows, found_rows, requantized, total
from mcugen.plan.plan import Plan, StagePlan

_WRITTEN_OUT_CHANNELS = 2
_WRITTEN_OUT_VALUES = 3
"""Values of a column that compilers write out."""
_FEW_VALUES = range(5, 9)
"""Values of a column for which some compilers go from value to value by pointers and not by the value's number."""


def parts(plan: Plan, planned: StagePlan) -> Iterator[Part]:
    """The functions that a stage runs: its own, what makes columns, and the matrix kernel."""
    stage = planned.stage
    reads = planned.column_source is ColumnSource.DIRECT
    yield stage_function(plan, planned, "stage", {stage.inputs[0].name: 1 if reads else 0})
    if isinstance(stage.first, DepthwiseConv2D):
        yield depthwise(plan, planned, stage.first)
    if isinstance(stage.last, Conv2D):
        if planned.column_source is ColumnSource.IM2COL:
            yield im2col(plan, planned, stage.last)
        yield _matrix(plan, planned, stage.last)


def stage_function(plan: Plan, planned: StagePlan, kind: str, reads: Mapping[str, int], *, once: bool = False) -> Part:
    """The function of a stage that calls those of its kernels. reads: rows of tensors that it finds besides that of its
    output, by tensor. once: whether it finds the output's row before it fills columns, and not each time."""
    assert planned.kernel is not None
    rows, more = planned.stage.output.height, planned.kernel.fills - 1
    counts = [
        *((name, rows * count) for name, count in reads.items()),
        (planned.stage.output.name, rows * (1 if once else 1 + more)),
    ]
    found = [found_rows(plan.buffers[name], count) for name, count in counts]
    divided = total(divided_rows(plan.buffers[name], count) for name, count in counts)
    return Part("stage", kind, total([{"call": rows, "fill": rows * more}, *found]), library=divided)


def around_one_pixel(plan: Plan, planned: StagePlan, kernel: OnePixel, kind: str) -> Iterator[Part]:
    """The function of a stage of one output pixel, and what makes its column. kind: of the first."""
    stage = planned.stage
    assert isinstance(stage.last, Conv2D)
    reads = {stage.inputs[0].name: 1} if planned.column_source is ColumnSource.DIRECT else {}
    own = stage_function(plan, planned, kind, reads)
    calls = {"columns": float(planned.column_source is not ColumnSource.DIRECT), "rest": float(kernel.rest > 0)}
    yield replace(own, turns={**own.turns, **calls})
    if isinstance(stage.first, DepthwiseConv2D):
        yield depthwise(plan, planned, stage.first)
    elif planned.column_source is ColumnSource.IM2COL:
        yield im2col(plan, planned, stage.last)


def im2col(plan: Plan, planned: StagePlan, op: Conv2D) -> Part:
    """What copies windows into columns, value by value."""
    source, output, window = planned.stage.inputs[0], planned.stage.output, op.window
    (height, width), pixels = window.kernel, output.height * output.width
    copied, all_taps = taps_inside(window, source, output), pixels * height * width
    few = of_channels(source.channels)
    turns = {
        "call": output.height,
        "kernel row": output.height * height,
        "row of a window": pixels * height,
        f"tap{few}": all_taps,
        f"value{few}": copied * source.channels,
        f"value outside{few}": (all_taps - copied) * source.channels,
    }
    found = called_for_rows(plan.buffers[source.name], output.height * height)
    return Part("im2col", f"im2col{'' if source.channels > 1 else ' of 1 channel'}", turns, library=found)


def of_channels(channels: int) -> str:
    """What names of loops over the channels of a tap end in: compilers write those over few of them out."""
    if channels > _WRITTEN_OUT_CHANNELS:
        return ""
    return f" of {channels} channel{'s' * (channels > 1)}"


def taps_inside(window: Window, source: Tensor, output: Tensor) -> int:
    """Taps of all windows that lie in the image."""
    rows = sum(0 <= y * window.stride[0] - window.padding[0] + i < source.height
               for y in range(output.height) for i in range(window.kernel[0]))  # fmt: skip
    columns = sum(0 <= x * window.stride[1] - window.padding[2] + j < source.width
                  for x in range(output.width) for j in range(window.kernel[1]))  # fmt: skip
    return rows * columns


def _matrix(plan: Plan, planned: StagePlan, op: Conv2D) -> Part:
    """The matrix kernel: tiles of channels by pixels, and the rest of both; a step is one value of a column."""
    output = planned.stage.output
    rows, width, channels, depth = output.height, output.width, len(op.weights), op.weights[0].size
    tile_rows, tile_columns = min(plan.target.matrix_rows, channels), min(plan.target.matrix_columns, width)
    # Weights of 16 bits are loaded in another way.
    wide = " of wide weights" if op.has_wide_weights else ""
    few = apart = ""
    # Larger tiles take so long that neither this matters nor whether a single tile of a row has no loop around it.
    if plan.target.matrix_rows <= 2 and width > 1:
        few = f" of {depth}" if depth <= _WRITTEN_OUT_VALUES else " of few" * (depth in _FEW_VALUES)
        apart = " apart" * (width == tile_columns)
    turns: dict[str, float] = {"call": rows}
    for height, times in ((tile_rows, channels // tile_rows), (channels % tile_rows, 1)):
        if height == 0:
            continue
        turns[f"{height} channels"] = turns.get(f"{height} channels", 0) + rows * times
        for pixels, tiles in ((tile_columns, width // tile_columns), (width % tile_columns, 1)):
            if pixels and tiles:
                turns[f"{height}x{pixels} tile{apart}"] = rows * times * tiles
                turns[f"{height}x{pixels} step{few}{wide}"] = rows * times * tiles * depth
    turns |= requantized(planned.epilogues[op.name], output.size)
    reads = rows * -(-width // tile_columns)
    kind = "matrix" if width > 1 else "matrix of 1 pixel"
    chunks = -(-channels // tile_rows)
    return Part("matrix", kind, turns, weight_reads=reads, weight_walks=rows, weight_chunks=chunks)
