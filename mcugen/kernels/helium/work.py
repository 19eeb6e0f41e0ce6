"""Loop turns of the Helium kernels."""

from __future__ import annotations

from mcugen.ir import Conv2D
from mcugen.kernels.helium.select import INLINE_VALUES, HeliumStage
from mcugen.kernels.helium.shapes import CHANNELS, FARTHEST, DepthwiseShape, End, MatrixShape
from mcugen.plan.part import Part
from mcugen.plan.stage import Stage


def helium_matrix(shape: MatrixShape, calls: int) -> Part:
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


def helium_depthwise(shape: DepthwiseShape, rows: int) -> Part:
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


def helium_im2col(helium: HeliumStage, stage: Stage, op: Conv2D) -> Part:
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
