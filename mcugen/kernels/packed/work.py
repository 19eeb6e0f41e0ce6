"""Loop turns of the kernels of packed pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.packed.select import PackedKernel, core_of, rows_need_pointers
from mcugen.kernels.packed.shapes import GROUP
from mcugen.kernels.portable.work import depthwise, stage_function
from mcugen.plan.part import Part
from mcugen.plan.plan import Plan, StagePlan

# Longer columns are summed in a loop.
_UNROLLED_DEPTH = 24
_UNROLLED_VALUES = 64


def parts(plan: Plan, planned: StagePlan) -> Iterator[Part]:
    """The functions that a stage runs: its own, what makes columns, and the matrix kernel."""
    stage, kernel = planned.stage, planned.kernel
    assert isinstance(kernel, PackedKernel)
    assert isinstance(stage.last, Conv2D)
    rows, width = stage.output.height, stage.output.width
    yield stage_function(planned, "packed stage")
    if not isinstance(stage.first, DepthwiseConv2D):
        yield _im2col(kernel, stage.last, rows, width)
    elif kernel.depthwise is None:
        yield depthwise(planned, stage.first, "packed ")
    else:
        pointers = rows_need_pointers(plan.buffers[stage.inputs[0].name], core_of(plan.target))
        yield _depthwise(kernel, stage.first, rows, width, pointers)
    yield _matrix(kernel, rows, width)


def _matrix(packed: PackedKernel, rows: int, width: int) -> Part:
    """The matrix kernel: whole groups of pixels and the rest, in blocks of either size."""
    calls = rows * packed.parts
    groups, rest = divmod(width // packed.parts, GROUP)
    turns: dict[str, float] = {"call": calls}
    for block in (4, 2):
        channels = calls * int(np.sum(packed.blocks == block))
        turns[f"channel {block}"] = channels
        turns[f"group {block}"] = channels * groups
        turns[f"block {block}"] = channels * groups * (packed.depth // block)
        # One pair of pixels or two.
        pairs = 1 if rest in (1, 2) else 2
        turns[f"rest {block}, {pairs}"] = channels * min(rest, 1)
        turns[f"rest block {block}, {pairs}"] = channels * min(rest, 1) * (packed.depth // block)
        if packed.depth > _UNROLLED_DEPTH:
            turns[f"long {block}"] = channels * (groups + min(rest, 1)) * (packed.depth / 16)
            turns[f"loop {block}"] = channels * (groups + min(rest, 1))
    if packed.zero_point is not None:
        outputs = calls * len(packed.blocks)
        turns["signed group"] = outputs * (groups + min(rest, 1))
        turns["signed pixel"] = outputs * (4 * groups + rest)
    return Part("matrix", "packed matrix", turns)


def _depthwise(packed: PackedKernel, op: DepthwiseConv2D, rows: int, width: int, pointers: bool) -> Part:
    """The depthwise kernel. pointers: it is given one to each row."""
    channels = op.weights.shape[2]
    stride, left = op.window.stride[1], op.window.padding[2]
    turns: dict[str, float] = {"call": rows, "channel": rows * channels, "pixel": rows * channels * width}
    if getattr(packed.depthwise, "scale", 1) == 1:
        turns["pixel with addend"] = rows * channels * width
    else:
        turns["scaled channel"] = rows * channels
    if getattr(packed.depthwise, "skipped", 0):
        turns["pixel with skipped bits"] = rows * channels * width
    if pointers:
        turns["call with pointers"] = rows
        turns["pixel with pointers"] = rows * channels * width
    return Part("depthwise", f"packed depthwise stride {stride} padding {left}", turns)


def _im2col(packed: PackedKernel, op: Conv2D, rows: int, width: int) -> Part:
    """What copies windows into columns, four at a time."""
    groups = rows * -(-width // GROUP)
    values = op.weights[0].size
    unrolled = values <= _UNROLLED_VALUES
    turns: dict[str, float] = {
        "call": rows * packed.parts,
        "group": groups,
        "value": groups * values,
        "kernel row": groups * op.window.kernel[0],
    }
    if not op.is_pointwise:
        # Groups at the border are copied first.
        turns["row"] = rows
    kind = f"packed im2col {'pointwise' if op.is_pointwise else 'windows'} {'unrolled' if unrolled else 'in a loop'}"
    return Part("im2col", kind, turns)
