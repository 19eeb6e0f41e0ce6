"""Counts of loop turns in each function of the generated code: what its executed instructions are linear in.

A function's instructions are a constant for each call, for each turn of its outer loops and for each turn of its inner
loop. The turns are known from the plan; the constants are fitted once to a core by measurement (`prediction.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.dsp.work import dsp_depthwise, dsp_first_stage, dsp_matrix
from mcugen.kernels.helium.shapes import DepthwiseShape, End, MatrixShape
from mcugen.kernels.helium.work import helium_depthwise, helium_im2col, helium_matrix
from mcugen.kernels.packed.select import rows_need_pointers
from mcugen.kernels.packed.work import packed_depthwise, packed_im2col, packed_matrix
from mcugen.plan.columns import Producer
from mcugen.plan.part import Part
from mcugen.plan.plan import Plan, StagePlan

__all__ = ["Part", "outside_part", "stage_parts"]


def stage_parts(plan: Plan, planned: StagePlan) -> Iterator[Part]:
    """The functions that a stage runs."""
    stage = planned.stage
    rows = stage.output.height
    yield from _stage_function(planned, rows)
    if isinstance(stage.first, DepthwiseConv2D):
        yield _depthwise(plan, planned, stage.first, rows)
    if not isinstance(stage.last, Conv2D):
        return
    if planned.producer is Producer.IM2COL and not (planned.dsp and planned.dsp.first):
        yield _im2col(planned, stage.last, rows)
    yield _matrix(plan, planned, stage.last, rows)


def outside_part(plan: Plan) -> Part:
    """What runs outside stages: copying the image's rows, and choosing which stage runs next."""
    image = plan.graph.input_tensor
    steps = len(plan.schedule.steps)
    turns = {"call": 1.0, "image row": float(image.height), "byte": float(image.size), "step": float(steps)}
    # Cores without a long multiply call a function for each requantization of portable code.
    turns["portable output"] = float(sum(_portable_outputs(plan, planned) for planned in plan.stages))
    return Part("", "outside stages", turns)


def _portable_outputs(plan: Plan, planned: StagePlan) -> float:
    """Values of a stage that portable code requantizes."""
    output = planned.stage.output
    count = float(output.size) if planned.kernel is None and planned.epilogues else 0.0
    for part in stage_parts(plan, planned):
        if part.function == "depthwise" and "edge" in part.turns and planned.stage.is_separable:
            count += part.turns["edge"] + part.turns["pixel"]
    return count


def _stage_function(planned: StagePlan, rows: int) -> Iterator[Part]:
    stage, first = planned.stage, planned.stage.first
    if planned.dsp is not None and planned.dsp.first is not None:
        yield dsp_first_stage(planned.dsp.first, rows)
        return
    if planned.producer is not None:
        parts = planned.kernel.parts if planned.kernel else 1
        kind = f"{_family(planned)}stage"
        yield Part("stage", kind, {"call": rows, "part": rows * (parts - 1)})
        return
    elements = rows * stage.output.width * stage.output.channels
    turns: dict[str, float] = {"call": rows, "pixel": rows * stage.output.width, "element": elements}
    yield Part("stage", type(first).__name__, turns | first.turns(elements))


def _family(planned: StagePlan) -> str:
    """Begin of the kinds of functions around a kernel."""
    return "dsp " if planned.dsp else "helium " if planned.helium else "packed " if planned.packed else ""


def _depthwise(plan: Plan, planned: StagePlan, op: DepthwiseConv2D, rows: int) -> Part:
    width, channels = planned.stage.output.width, op.weights.shape[2]
    window = op.window
    buffer = plan.buffers[planned.stage.inputs[0].name]
    if planned.dsp is not None and planned.dsp.depthwise is not None:
        return dsp_depthwise(planned.dsp, op, rows, width, channels)
    if planned.helium is not None:
        return helium_depthwise(DepthwiseShape.of(planned.stage, op, planned.epilogues[op.name]), rows)
    if planned.packed is not None and planned.packed.depthwise is not None:
        return packed_depthwise(planned.packed, op, rows, width, rows_need_pointers(buffer, plan.target.packed))
    inner = [x for x in range(width) if _inside(x, op, planned.stage.inputs[0].width)]
    edges = width - len(inner)
    shape = f"{window.kernel[0]}x{window.kernel[1]}"
    kind = f"{'columns ' if planned.dsp else _family(planned)}depthwise {shape} stride {window.stride[1]}"
    turns = {
        "call": rows,
        "channel": rows * channels,
        "edge": rows * channels * edges,
        "pixel": rows * channels * len(inner),
    }
    return Part("depthwise", kind, turns)


def _inside(x: int, op: DepthwiseConv2D, width: int) -> bool:
    left = x * op.window.stride[1] - op.window.padding[2]
    return left >= 0 and left + op.window.kernel[1] <= width


def _im2col(planned: StagePlan, op: Conv2D, rows: int) -> Part:
    pixels = rows * planned.stage.output.width
    height, width = op.window.kernel
    values = op.weights[0].size
    parts = planned.kernel.parts if planned.kernel else 1
    if planned.helium is not None:
        return helium_im2col(planned.helium, planned.stage, op)
    if planned.packed is not None:
        return packed_im2col(planned.packed, op, rows, planned.stage.output.width)
    kind = f"{_family(planned)}im2col {'pointwise' if op.is_pointwise else 'windows'}"
    turns: dict[str, float] = {"call": rows * parts, "pixel": pixels, "value": pixels * values}
    if not op.is_pointwise:
        turns |= {"kernel row": rows * height, "row of a window": pixels * height, "tap": pixels * height * width}
    return Part("im2col", kind, turns)


def _matrix(plan: Plan, planned: StagePlan, op: Conv2D, rows: int) -> Part:
    width, channels, depth = planned.stage.output.width, len(op.weights), op.weights[0].size
    if planned.dsp is not None:
        return dsp_matrix(planned.dsp, rows, width, channels)
    if planned.helium is not None:
        buffer = plan.buffers[planned.stage.output.name]
        pixels = width // planned.helium.parts
        end = End.of(planned.epilogues[op.name])
        shape = MatrixShape(depth, channels, pixels, buffer.channel_stride, buffer.x_stride, end)
        return helium_matrix(shape, rows * planned.helium.parts)
    if planned.packed is not None:
        return packed_matrix(planned.packed, rows, width)
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
    return Part("matrix", f"matrix {tile_rows}x{tile_columns}", turns)
