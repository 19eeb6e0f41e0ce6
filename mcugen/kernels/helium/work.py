"""Loop turns of the Helium kernels."""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.family import Producer
from mcugen.kernels.helium.select import INLINE_VALUES, HeliumKernel
from mcugen.kernels.helium.shapes import CHANNELS, FARTHEST, End, HeliumDepthwise, HeliumMatrix
from mcugen.kernels.portable.work import stage_function
from mcugen.plan.part import Part
from mcugen.plan.plan import Plan, StagePlan
from mcugen.plan.stage import Stage


def parts(plan: Plan, planned: StagePlan) -> Iterator[Part]:
    """The functions that a stage runs: its own, what makes columns, and the matrix kernel."""
    stage, kernel = planned.stage, planned.kernel
    op, rows = stage.last, stage.output.height
    assert isinstance(kernel, HeliumKernel)
    assert isinstance(op, Conv2D)
    yield stage_function(planned, "helium stage")
    if isinstance(stage.first, DepthwiseConv2D):
        yield _depthwise(HeliumDepthwise.of(stage, stage.first, planned.epilogues[stage.first.name]), rows)
    elif planned.producer is Producer.IM2COL:
        yield _im2col(kernel, stage, op)
    buffer = plan.buffers[stage.output.name]
    pixels, end = stage.output.width // kernel.parts, End.of(planned.epilogues[op.name])
    shape = HeliumMatrix(op.weights[0].size, len(op.weights), pixels, buffer.channel_stride, buffer.x_stride, end)
    yield _matrix(shape, rows * kernel.parts)


def _matrix(shape: HeliumMatrix, calls: int) -> Part:
    """The matrix kernel: pairs of pixels and single ones by four output channels, a vector of values a step."""
    groups = calls * (shape.channels // CHANNELS)
    pairs, single = divmod(shape.pixels, 2)
    turns: dict[str, float] = {"call": calls, "group": groups}
    for name, tiles in (("pair", pairs), ("single", single)):
        count = groups * tiles
        turns[name] = count
        turns[f"{name} step"] = count * (shape.steps + (shape.rest > 0))
        turns[f"{name} rest"] = count * (shape.rest > 0)
        turns[f"{name} turn"] = count * shape.unrolling[1]
    turns["far pixel"] = groups * shape.pixels * (shape.x_stride > FARTHEST)
    return Part("matrix", f"helium matrix {_end(shape.end)}{'' if shape.channel_stride == 1 else ' planar'}", turns)


def _depthwise(shape: HeliumDepthwise, rows: int) -> Part:
    """The depthwise kernel: outputs of four channels, with the taps of theirs that lie in the image."""
    groups = rows * (shape.channels // CHANNELS)
    tiles, loads, taps = 0, 0, 0
    for tile, count in shape.tiles():
        columns = [len(shape.taps(tile, column)) for column in tile.inside]
        tiles, loads, taps = tiles + count, loads + count * sum(n > 0 for n in columns), taps + count * sum(columns)
    turns = {
        "call": rows,
        "group": groups,
        "tile": groups * tiles,
        "load": groups * loads,
        "tap": groups * taps,
        "pixel": groups * shape.outputs,
        # Neighbouring pixels that lie out of a load's and a store's reach.
        "far load": groups * loads * (shape.channels > FARTHEST),
        "far pixel": groups * shape.outputs * (shape.channels > FARTHEST),
    }
    return Part("depthwise", f"helium depthwise stride {shape.stride} {_end(shape.end)}", turns)


def _im2col(helium: HeliumKernel, stage: Stage, op: Conv2D) -> Part:
    """What copies windows into columns, row by row; rows that reach out of the image value by value."""
    source, output, window = stage.inputs[0], stage.output, op.window
    values = op.weights[0][0].size
    left = [x * window.stride[1] - window.padding[2] for x in range(output.width)]
    whole = sum(0 <= x <= source.width - window.kernel[1] for x in left)
    top = [y * window.stride[0] - window.padding[0] for y in range(output.height)]
    inside = sum(0 <= y + i < source.height for y in top for i in range(window.kernel[0]))
    copied, all_rows = inside * whole, output.height * output.width * window.kernel[0]
    turns = {
        "call": output.height * helium.parts,
        "pixel": output.height * output.width,
        "row of a window": copied,
        "value": copied * values,
        "edge": all_rows - copied,
        "edge value": (all_rows - copied) * values,
    }
    return Part("im2col", f"helium im2col{' in a loop' if values > INLINE_VALUES else ''}", turns)


def _end(end: End) -> str:
    return f"{end.form}{' to a zero point' if end.zero_point else ''}"
