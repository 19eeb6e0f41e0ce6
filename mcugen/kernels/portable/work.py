"""Loop turns of portable convolutions."""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.family import Producer
from mcugen.plan.part import Part
from mcugen.plan.plan import Plan, StagePlan


def parts(plan: Plan, planned: StagePlan) -> Iterator[Part]:
    """The functions that a stage runs: its own, what makes columns, and the matrix kernel."""
    stage = planned.stage
    yield stage_function(planned, "stage")
    if isinstance(stage.first, DepthwiseConv2D):
        yield depthwise(planned, stage.first, "")
    if isinstance(stage.last, Conv2D):
        if planned.producer is Producer.IM2COL:
            yield im2col(planned, stage.last, "im2col")
        yield _matrix(plan, planned, stage.last)


def stage_function(planned: StagePlan, kind: str) -> Part:
    """The function of a stage that calls those of its kernels."""
    assert planned.kernel is not None
    rows = planned.stage.output.height
    return Part("stage", kind, {"call": rows, "part": rows * (planned.kernel.parts - 1)})


def depthwise(planned: StagePlan, op: DepthwiseConv2D, prefix: str) -> Part:
    """A depthwise convolution in portable C. prefix: of the kind, by what it writes."""
    rows, width, channels = planned.stage.output.height, planned.stage.output.width, op.weights.shape[2]
    window = op.window
    inner = rows * channels * sum(_inside(x, op, planned.stage.inputs[0].width) for x in range(width))
    edges = rows * channels * width - inner
    kind = f"{prefix}depthwise {window.kernel[0]}x{window.kernel[1]} stride {window.stride[1]}"
    turns: dict[str, float] = {"call": rows, "channel": rows * channels, "edge": edges, "pixel": inner}
    return Part("depthwise", kind, turns, float(edges + inner))


def _inside(x: int, op: DepthwiseConv2D, width: int) -> bool:
    left = x * op.window.stride[1] - op.window.padding[2]
    return left >= 0 and left + op.window.kernel[1] <= width


def im2col(planned: StagePlan, op: Conv2D, kind: str) -> Part:
    """What copies windows into columns, value by value."""
    assert planned.kernel is not None
    rows = planned.stage.output.height
    pixels = rows * planned.stage.output.width
    height, width = op.window.kernel
    turns: dict[str, float] = {
        "call": rows * planned.kernel.parts,
        "pixel": pixels,
        "value": pixels * op.weights[0].size,
    }
    if not op.is_pointwise:
        turns |= {"kernel row": rows * height, "row of a window": pixels * height, "tap": pixels * height * width}
    return Part("im2col", f"{kind} {'pointwise' if op.is_pointwise else 'windows'}", turns)


def _matrix(plan: Plan, planned: StagePlan, op: Conv2D) -> Part:
    output = planned.stage.output
    rows, width, channels, depth = output.height, output.width, len(op.weights), op.weights[0].size
    tile_rows, tile_columns = min(plan.target.matrix_rows, channels), min(plan.target.matrix_columns, width)
    turns: dict[str, float] = {"call": rows}
    for name, count, height in (("whole", channels // tile_rows, tile_rows), ("rest", channels % tile_rows, 0)):
        if count == 0:
            continue
        groups = count if name == "whole" else 1
        height = height or count
        turns[f"{height} channels"] = rows * groups
        for pixels, tiles in ((tile_columns, width // tile_columns), (width % tile_columns, 1)):
            if pixels and tiles:
                turns[f"{height}x{pixels} tile"] = rows * groups * tiles
                turns[f"{height}x{pixels} step"] = rows * groups * tiles * depth
    return Part("matrix", f"matrix {tile_rows}x{tile_columns}", turns, float(output.size))
