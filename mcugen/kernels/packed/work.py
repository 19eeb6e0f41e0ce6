"""Loop turns of the kernels of packed pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.packed.matrix_work import matrix
from mcugen.kernels.packed.one_pixel import PackedOnePixel
from mcugen.kernels.packed.select import COMPILED, PackedKernel, core_of, rows_need_pointers
from mcugen.kernels.packed.shapes import TILE_PIXELS, turns_of_compiled, unrolled
from mcugen.kernels.portable.depthwise_work import depthwise
from mcugen.kernels.portable.work import around_one_pixel, of_channels, stage_function
from mcugen.plan.part import Part, called_for_rows
from mcugen.plan.plan import Plan, StagePlan
from mcugen.powers import is_power_of_two

_UNROLLED_VALUES = 64
_NUMBERS, _NUMBERS_OF_WINDOWS = (8, 12, 16, 22, 32), (18, 36)
"""Numbers of values of a pixel and of a window up to which compilers for Armv6-M make one code of them."""
_SHORT_DISTANCE = 31
"""Largest distance of a byte, and of a word in words, in a load or store of 16 bits."""
_FARTHEST_BYTE = 255
"""Largest distance of a byte in a load on Xtensa."""
_NEAR_VALUES = (_SHORT_DISTANCE + 1) // 2
"""Values of a column, of two words each, that lie so near to its begin."""


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
        yield stage_function(plan, planned, "packed stage", {}, once=True)
        yield _im2col(plan, planned, kernel, stage.last)
    elif kernel.depthwise is None:
        yield stage_function(plan, planned, "packed stage", {}, once=True)
        depth = kernel.depth
        yield depthwise(plan, planned, stage.first, lambda outputs: _columns(depth, outputs), depth)
    else:
        pointers = rows_need_pointers(plan.buffers[stage.inputs[0].name], core_of(plan.target))
        reads = {stage.inputs[0].name: 3 if pointers else 1}
        yield stage_function(plan, planned, f"packed stage of {'rows' if pointers else 'a map'}", reads)
        yield _depthwise(plan, planned, kernel, stage.first, pointers=pointers)
    yield matrix(plan, planned, kernel, stage.last)


def _columns(depth: int, outputs: range) -> tuple[str, str]:
    """The columns of a loop's outputs: in the first tile there is nothing to divide, and a depth of 2^n takes no
    multiplication."""
    known = ", one tile" if outputs[-1] < TILE_PIXELS else ", 2^n channels" * is_power_of_two(depth)
    return "packed columns", known


def _one_pixel(planned: StagePlan, kernel: PackedOnePixel) -> Iterator[Part]:
    """The matrix kernels of one pixel."""
    lines = "one line" if kernel.rescaling.drop is None else "two lines"
    for suffix, rows, times in kernel.functions(planned.stage.output.channels):
        turns = {"call": 1, "tile": times, "quad": times * -(-kernel.depth // 4), f"output on {lines}": times * rows}
        kind = f"packed matrix of one pixel by {rows}"
        yield Part(f"matrix{suffix}", kind, turns, weight_reads=1, weight_load_bytes=4)


def _depthwise(plan: Plan, planned: StagePlan, packed: PackedKernel, op: DepthwiseConv2D, *, pointers: bool) -> Part:
    """The depthwise kernel: a row of outputs for each channel, unrolled or in turns of some."""
    rows, width = planned.stage.output.height, planned.stage.output.width
    channels, stride = rows * op.weights.shape[2], op.window.stride[1]
    turns: dict[str, float] = {"call": rows, "channel": channels, "output": channels * width}
    compiled, at_a_time = core_of(plan.target) in COMPILED, unrolled(stride, width)
    if compiled and (in_a_loop := 4 * turns_of_compiled(width)):
        turns["row in a loop"], turns["output in a loop"] = channels, channels * in_a_loop
        turns["output"] -= channels * in_a_loop
    elif not compiled and at_a_time < width:
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
    elif core_of(plan.target) == "c-split":
        # The second and the third row may lie too far from the first for a load to reach them from there.
        row_bytes = plan.buffers[planned.stage.inputs[0].name].row_bytes
        turns["output of a far row"] = channels * width * sum(i * row_bytes > _FARTHEST_BYTE for i in (1, 2))
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
    of_no_row = (output.height * height - sum(rows)) * len(left) * covered
    value = "value"
    if in_a_loop:
        value += " of far pixels" * (step > _SHORT_DISTANCE)
    elif core_of(plan.target) == "armv6-m":
        value += _written_out(window.cells, values, edges=edges > 0, only_tile=calls == tiles)
    turns: dict[str, float] = {
        "call": calls,
        "kernel row": calls * height,
        "tile": tiles,
        # Where all windows lie in the image none is chosen.
        f"row of a {'window' if edges else 'whole window'}": tiles * height,
        value: tiles * values,
        "far value": 0 if in_a_loop else tiles * max(0, values - _NEAR_VALUES),
        "edge": edges,
        f"edge pixel{few}": edges * covered - of_no_row,
        f"edge pixel of no row{few}": of_no_row,
        f"edge value{few}": (sum(rows) * sum(columns) - inside * height * covered) * source.channels,
    }
    outside = edges * covered * source.channels - turns[f"edge value{few}"]
    turns[f"edge value outside{few}"] = outside
    found = called_for_rows(plan.buffers[source.name], calls * height)
    copied = "in a loop" if in_a_loop else "of pixels" if window.cells == 1 else "of windows"
    return Part("im2col", f"packed im2col {copied}", turns, library=found)


def _written_out(cells: int, values: int, *, edges: bool, only_tile: bool) -> str:
    """What the name of a value ends in where they are written out on Armv6-M: each has four loads, whose distances a
    compiler keeps in registers, moves there, or makes anew, by how many there are and what else the function keeps."""
    numbers = _NUMBERS if cells == 1 else _NUMBERS_OF_WINDOWS
    edges &= cells == 1
    number = next((f" of up to {most}" for most in numbers if values <= most), " of many")
    return f"{number}{' beside edges' * edges}{' of one tile' * only_tile}"
