"""Loop turns of the Helium kernels; of those in assembly the instructions themselves."""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.executed import executed
from mcugen.kernels.family import ColumnSource
from mcugen.kernels.helium.depthwise import depthwise
from mcugen.kernels.helium.matrix import matrix
from mcugen.kernels.helium.select import INLINE_VALUES, HeliumKernel
from mcugen.kernels.helium.shapes import CHANNELS, End, HeliumDepthwise, HeliumMatrix, HeliumWindows, inside
from mcugen.kernels.helium.windows import windows as windows_lines
from mcugen.kernels.portable.work import stage_function
from mcugen.plan.part import Part, found_rows
from mcugen.plan.plan import Plan, StagePlan
from mcugen.plan.stage import Stage

_VECTOR = 16
"""Values that a turn of the loop over a long row of a window copies."""


def parts(plan: Plan, planned: StagePlan) -> Iterator[Part]:
    """The functions that a stage runs: its own, what makes columns, and the matrix kernel."""
    stage, kernel = planned.stage, planned.kernel
    op, rows = stage.last, stage.output.height
    assert isinstance(kernel, HeliumKernel)
    assert isinstance(op, Conv2D)
    if isinstance(stage.first, DepthwiseConv2D):
        yield stage_function(plan, planned, "helium stage of rows", {stage.inputs[0].name: 3})
        yield _depthwise(HeliumDepthwise.of(stage, stage.first, planned.epilogues[stage.first.name]), rows)
    elif planned.column_source is ColumnSource.IM2COL:
        yield stage_function(plan, planned, "helium stage", {}, once=True)
        windows = HeliumWindows.of(stage, op)
        yield _im2col(plan, kernel, stage, op, windows)
        if windows is not None:
            yield _windows(kernel, stage, op, windows)
    else:
        yield stage_function(plan, planned, "helium stage of a row", {stage.inputs[0].name: 1})
    buffer = plan.buffers[stage.output.name]
    pixels, end = stage.output.width // kernel.fills, End.of(planned.epilogues[op.name])
    shape = HeliumMatrix(op.weights[0].size, len(op.weights), pixels, buffer.channel_stride, buffer.x_stride, end)
    yield _matrix(shape, rows * kernel.fills)


def _matrix(shape: HeliumMatrix, calls: int) -> Part:
    """The matrix kernel: loops over fours of channels, pairs of pixels, and vectors of a column's values."""
    if shape.keeps_weights:
        pixels = shape.pixels // shape.pixels_of_a_turn
        turns = [shape.channels // CHANNELS, *[pixels] * (pixels > 1)]
        return _assembly("matrix", calls * executed(matrix(shape), turns), calls)
    (pairs, single), steps = divmod(shape.pixels, 2), shape.unrolling[1]
    turns = [shape.channels // CHANNELS, *[pairs] * (pairs > 1), *[steps] * (steps > 0) * ((pairs > 0) + single)]
    return _assembly("matrix", calls * executed(matrix(shape), turns), calls * (pairs + single))


def _depthwise(shape: HeliumDepthwise, calls: int) -> Part:
    """The depthwise kernel: loops over fours or eights of channels, and over tiles of a row that are alike."""
    blocks = len(shape.eights) if shape.is_wide else shape.channels // CHANNELS
    turns = [blocks, *(count for _, count in shape.tiles() if count > 1)]
    return _assembly("depthwise", calls * executed(depthwise(shape), turns), calls)


def _assembly(function: str, instructions: float, weight_reads: float) -> Part:
    return Part(function, f"helium {function}", {"instruction": instructions}, weight_reads=weight_reads)


def _windows(helium: HeliumKernel, stage: Stage, op: Conv2D, windows: HeliumWindows) -> Part:
    """What copies windows that lie in the image: a loop over pixels."""
    calls, pixels = _runs(helium, stage, op), len(inside(stage, op, 0)) * len(inside(stage, op, 1))
    turns = pixels / calls if calls else 0
    return _assembly("windows", calls * executed(windows_lines(windows), [turns]), 0)


def _runs(helium: HeliumKernel, stage: Stage, op: Conv2D) -> int:
    """How often windows that lie in the image are copied together: once for each block of columns that has any."""
    rows, pixels, filled = len(inside(stage, op, 0)), inside(stage, op, 1), stage.output.width // helium.fills
    return rows * (pixels[-1] // filled - pixels[0] // filled + 1)


def _im2col(plan: Plan, helium: HeliumKernel, stage: Stage, op: Conv2D, windows: HeliumWindows | None) -> Part:
    """What copies windows into columns, row by row; rows that reach out of the image value by value."""
    source, output, window = stage.inputs[0], stage.output, op.window
    height, values = window.kernel[0], op.weights[0][0].size
    whole, above = len(inside(stage, op, 1)), window.padding[0]
    top = [y * window.stride[0] - above for y in range(output.height)]
    of_image = sum(0 <= y + i < source.height for y in top for i in range(height))
    # Of rows of a window it is known which may lie outside the image.
    asked = sum(i < above or top[-1] + i >= source.height for i in range(height))
    calls, sides = output.height * helium.fills, output.width - whole
    together = len(inside(stage, op, 0)) if windows is not None else 0
    runs, alone = (_runs(helium, stage, op) if together else 0), (output.height - together) * whole
    copied = (of_image - together * height) * whole
    missing = output.height * height - of_image
    edges = output.height * height * sides + missing * whole
    # Where all windows lie in the image there is no more than their runs, of whole rows or of blocks of them.
    apart, only_runs = " of one row" * (height == 1), " alone" * (sides == asked == 0)
    run = f"run of windows{only_runs}{' in blocks' * (helium.fills > 1)}"
    turns: dict[str, float] = {
        "call": calls,
        "kernel row": of_image * helium.fills,
        "kernel row that is asked for": calls * asked,
        f"pixel{apart}": output.height * sides + alone + runs * (not only_runs),
        "pixel between sides": alone * (sides > 0),
        run: runs,
        "place of a run": runs * height,
        f"row of a window{apart}": copied,
        **_copied(values, copied),
        "edge": edges,
        "edge value": _edge_values(stage, op, of_image, missing),
        "row that is asked for": alone * asked,
    }
    kind = f"helium im2col{' in a loop' if values > INLINE_VALUES else ''}"
    found = found_rows(plan.buffers[source.name], of_image * helium.fills)
    return Part("im2col", kind, turns | found)


def _edge_values(stage: Stage, op: Conv2D, of_image: int, missing: int) -> float:
    """Values that are looked at one by one, as many as take the time of those in the image: a value beside the image
    takes 9 instructions, one in it 8, one of a row outside 7. of_image, missing: rows of windows in the image and
    outside, of all output rows."""
    source, output, width, values = stage.inputs[0], stage.output, op.window.kernel[1], op.weights[0][0].size
    left = [x * op.window.stride[1] - op.window.padding[2] for x in range(output.width)]
    reached = sum(0 <= x + j < source.width for x in left for j in range(width))
    whole = len(inside(stage, op, 1))
    within = (reached - whole * width) * source.channels
    beside = (output.width - whole) * values - within
    return of_image * (within + 9 / 8 * beside) + 7 / 8 * missing * output.width * values


def _copied(values: int, rows: int) -> dict[str, float]:
    """Turns for copying rows of so many bytes: words, and what is left, or loops over vectors before these."""
    vectors, left = divmod(values, _VECTOR) if values > INLINE_VALUES else (0, values)
    words, rest = divmod(left, 4)
    # Two turns of the loop are written out.
    return {
        "two vectors" if vectors == 2 else "vector": rows * vectors,
        "row in a loop": rows * (vectors > 2),
        "word": rows * words,
        "rest of a word": rows * (rest // 2 + rest % 2),
    }
