"""Loop turns of the kernels of packed pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.packed import armv6m, armv7m
from mcugen.kernels.packed.one_pixel import PackedOnePixel
from mcugen.kernels.packed.select import PackedKernel, core_of, rows_need_pointers
from mcugen.kernels.packed.shapes import TILE_PIXELS, unrolled
from mcugen.kernels.portable.work import around_one_pixel, depthwise, of_channels, stage_function
from mcugen.plan.part import Part, called_for_rows
from mcugen.plan.plan import Plan, StagePlan

_UNROLLED_VALUES = 64
_WRITTEN_OUT = {"c": 3, "c-split": 2}
"""Turns of the loop over a column, of four values each, that compilers write out, by variant of the kernel."""
_SHORT_DISTANCE = 31
"""Largest distance of a byte, and of a word in words, in a load or store of 16 bits."""
_NEAR_VALUES = (_SHORT_DISTANCE + 1) // 2
"""Values of a column, of two words each, that lie so near to its begin."""
_IMMEDIATE = 255
"""Largest distance that an instruction adds to a pointer by itself."""


def parts(plan: Plan, planned: StagePlan) -> Iterator[Part]:
    """The functions that a stage runs: its own, what makes columns, and the matrix kernel."""
    stage, kernel = planned.stage, planned.kernel
    assert isinstance(stage.last, Conv2D)
    if isinstance(kernel, PackedOnePixel):
        yield from around_one_pixel(plan, planned, kernel, "packed stage of one pixel")
        yield from _one_pixel(planned, kernel)
        return
    assert isinstance(kernel, PackedKernel)
    if not isinstance(stage.first, DepthwiseConv2D):
        yield stage_function(plan, planned, "packed stage", {})
        yield _im2col(plan, planned, kernel, stage.last)
    elif kernel.depthwise is None:
        yield stage_function(plan, planned, "packed stage", {})
        yield depthwise(plan, planned, stage.first, "packed ")
    else:
        pointers = rows_need_pointers(plan.buffers[stage.inputs[0].name], core_of(plan.target))
        reads = {stage.inputs[0].name: 3 if pointers else 1}
        yield stage_function(plan, planned, f"packed stage of {'rows' if pointers else 'a map'}", reads)
        yield _depthwise(planned, kernel, stage.first, pointers=pointers)
    yield _matrix(plan, planned, kernel)


def _one_pixel(planned: StagePlan, kernel: PackedOnePixel) -> Iterator[Part]:
    """The matrix kernels of one pixel."""
    lines = "one line" if kernel.rescaling.drop is None else "two lines"
    for suffix, rows, times in kernel.functions(planned.stage.output.channels):
        turns = {"call": 1, "tile": times, "quad": times * -(-kernel.depth // 4), f"output on {lines}": times * rows}
        kind = f"packed matrix of one pixel by {rows}"
        yield Part(f"matrix{suffix}", kind, turns, weight_reads=1, weight_load_bytes=4)


def _matrix(plan: Plan, planned: StagePlan, packed: PackedKernel) -> Part:
    """The matrix kernel: whole tiles of pixels and the rest, in blocks of either size for one or two pairs of them."""
    stage, buffer = planned.stage, plan.buffers[planned.stage.output.name]
    calls = stage.output.height * packed.fills
    tiles, rest = divmod(stage.output.width // packed.fills, TILE_PIXELS)
    turns: dict[str, float] = {"call": calls * packed.parts(len(packed.blocks))}
    mixed = len(set(packed.blocks.tolist())) == 2
    loop = packed.depth // 4
    for block in (4, 2):
        channels = calls * int(np.sum(packed.blocks == block))
        # One pair of pixels or two.
        whole, pair = tiles + (rest == 3), rest in (1, 2)
        of_column = packed.depth // block
        # A compiler writes the loop over a short column out, differently where there are blocks of both sizes.
        short = f" of {loop} turn{'s' * (loop > 1)}{' among others' * mixed}"
        name = f"block of {block}{short * (loop <= _WRITTEN_OUT.get(core_of(plan.target), 0))}"
        turns[name] = channels * whole * of_column
        turns[f"{name}, one pair"] = channels * pair * of_column
        turns[f"loop, blocks of {block}"] = channels * (whole + pair) * _loop_turns(plan, packed.depth, block)
    channels = calls * len(packed.blocks)
    if mixed:
        for block in (4, 2):
            turns[f"channel of {block} among others"] = calls * int(np.sum(packed.blocks == block))
    else:
        turns["channel"] = channels
    turns |= {"row of tiles": channels * (tiles > 0), "tile": channels * tiles, f"rest of {rest}": channels}
    if rest == 0:
        del turns["rest of 0"]
    pixels = 4 * tiles + rest
    if packed.zero_point is not None:
        turns["signed pixel"] = channels * pixels
    elif stage.output.dtype == "int8":
        turns["int8 pixel"] = channels * pixels
    if buffer.x_stride > _IMMEDIATE:
        turns["far pixel"] = channels * pixels
    elif TILE_PIXELS * buffer.x_stride > _IMMEDIATE:
        turns["far tile"] = channels * tiles
    chunks = len(packed.blocks)
    return Part(
        "matrix",
        "packed matrix",
        turns,
        weight_reads=calls * (tiles + (rest > 0)),
        weight_walks=calls,
        weight_chunks=chunks,
    )


def _loop_turns(plan: Plan, depth: int, block: int) -> int:
    """Turns of the loop over a column, 0 where there is none."""
    match core_of(plan.target):
        case "armv7-m":
            turns = armv7m.block_loop(depth, block)[1]
        case "armv6-m":
            turns = armv6m.word_loop(depth)[1]
        case _:
            return 0
    return turns if turns > 1 else 0


def _depthwise(planned: StagePlan, packed: PackedKernel, op: DepthwiseConv2D, *, pointers: bool) -> Part:
    """The depthwise kernel: a row of outputs for each channel, unrolled or in turns of some."""
    rows, width = planned.stage.output.height, planned.stage.output.width
    channels, stride = rows * op.weights.shape[2], op.window.stride[1]
    turns: dict[str, float] = {"call": rows, "channel": channels, "output": channels * width}
    at_a_time = unrolled(stride, width)
    if at_a_time < width:
        turns["row in turns"] = channels
        turns["turn"] = channels * (width // at_a_time)
        # Sums that go on are moved where three registers do not come round.
        turns["turn with moves"] = turns["turn"] * (stride == 1 and at_a_time % 3 > 0)
    turns["odd row"] = channels * (width % 2)
    if getattr(packed.depthwise, "scale", 1) != 1:
        turns["scaled channel"] = channels
    if np.any(getattr(packed.depthwise, "addend", 0)):
        turns["channel with addend"], turns["output with addend"] = channels, channels * width
    if getattr(packed.depthwise, "skipped", 0):
        turns["output with skipped bits"] = channels * width
    if pointers:
        turns["call with pointers"] = rows
        turns["column with pointers"] = channels * planned.stage.inputs[0].width
    turns[f"row padded by {op.window.padding[2]}"] = turns.pop("channel")
    return Part("depthwise", f"packed depthwise stride {stride}", turns, weight_reads=rows)


def _im2col(plan: Plan, planned: StagePlan, packed: PackedKernel, op: Conv2D) -> Part:
    """What copies windows into columns, four at a time; those that reach out of the image from copies of their rows."""
    source, output, window = planned.stage.inputs[0], planned.stage.output, op.window
    (height, width), values = window.kernel, op.weights[0].size
    calls, tiles = output.height * packed.fills, output.height * -(-output.width // TILE_PIXELS)
    covered = (TILE_PIXELS - 1) * window.stride[1] + width
    top = [y * window.stride[0] - window.padding[0] for y in range(output.height)]
    left = [x * window.stride[1] - window.padding[2] for x in range(0, output.width, TILE_PIXELS)]
    rows = [sum(0 <= y + i < source.height for i in range(height)) for y in top]
    columns = [sum(0 <= x + j < source.width for j in range(covered)) for x in left]
    inside = rows.count(height) * columns.count(covered)
    edges, few = (tiles - inside) * height, of_channels(source.channels)
    in_a_loop, step = values > _UNROLLED_VALUES, window.stride[1] * source.channels
    turns: dict[str, float] = {
        "call": calls,
        "kernel row": calls * height,
        "tile": tiles,
        "row of a window": tiles * height,
        f"value{' of far pixels' * (in_a_loop and step > _SHORT_DISTANCE)}": tiles * values,
        "far value": 0 if in_a_loop else tiles * max(0, values - _NEAR_VALUES),
        "edge": edges,
        f"edge pixel{few}": edges * covered,
        f"edge value{few}": (sum(rows) * sum(columns) - inside * height * covered) * source.channels,
    }
    outside = edges * covered * source.channels - turns[f"edge value{few}"]
    turns[f"edge value outside{few}"] = outside
    found = called_for_rows(plan.buffers[source.name], calls * height)
    copied = "in a loop" if in_a_loop else "of pixels" if window.cells == 1 else "of windows"
    return Part("im2col", f"packed im2col {copied}", turns, library=found)
