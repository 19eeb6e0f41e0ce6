"""One view function for each kind of stage, found by the type of its first operator."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from mcugen.codegen.views import (
    StageContext,
    describe,
    epilogue_view,
    inside_image,
    output_views,
    shape_text,
    source_views,
    window_views,
)
from mcugen.fixedpoint import Rounding, SoftmaxNormalization
from mcugen.ir import (
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    Lookup,
    MaxPool2D,
    Operator,
    Pad,
    Reshape,
    Softmax,
)
from mcugen.kernels.dsp.emit import dsp_stage
from mcugen.kernels.helium.emit import helium_stage
from mcugen.kernels.packed.emit import packed_stage
from mcugen.kernels.portable.emit import matrix_stage
from mcugen.plan.plan import StagePlan


def stage_view(context: StageContext, plan: StagePlan) -> dict[str, Any]:
    """Everything that the template of a stage reads."""
    view = _view(plan.stage.first, context, plan)
    stage = plan.stage
    kinds = " and ".join(type(op).__name__ for op in stage.operators)
    inputs = ", ".join(shape_text(tensor) for tensor in stage.inputs)
    view["index"] = stage.index
    view["title"] = f"{kinds}, {inputs} -> {shape_text(stage.output)}"
    view["details"] = [describe(op) for op in stage.operators]
    return view


@singledispatch
def _view(op: Operator, context: StageContext, plan: StagePlan) -> dict[str, Any]:
    raise TypeError(f"{type(op).__name__} has no template")


@_view.register(Conv2D)
@_view.register(DepthwiseConv2D)
def _(op: Operator, context: StageContext, plan: StagePlan) -> dict[str, Any]:
    if plan.helium is not None:
        return helium_stage(context, plan, plan.helium)
    if plan.packed is not None:
        return packed_stage(context, plan, plan.packed)
    return matrix_stage(context, plan) if plan.dsp is None else dsp_stage(context, plan, plan.dsp)


@_view.register
def _(op: AveragePool2D, context: StageContext, plan: StagePlan) -> dict[str, Any]:
    source = plan.stage.inputs[0]
    view = {
        "template": "stages/average_pool",
        "epilogue": None,
        **source_views(context, source),
        **window_views(op.window, source, plan.stage.output),
        **output_views(context, plan),
        "minimum": op.minimum,
        "maximum": op.maximum,
        "input_origin": op.input_origin,
        "output_origin": op.output_origin,
    }
    clipped = any(view[f"clips_{side}"] for side in ("top", "bottom", "left", "right"))
    # Cells of every window, 0 where that differs from window to window.
    view["cells"] = 0 if clipped else op.window.kernel[0] * op.window.kernel[1]
    if op.requantization is None:
        context.functions |= {"average", "clamp"}
        return view
    epilogue = plan.epilogues[op.name]
    view["input_origin"] = source.zero_point
    view["epilogue"] = epilogue_view(
        context, f"stage_{plan.stage.index}", epilogue, epilogue.bias, describe(op), plan.stage.output
    )
    return view


@_view.register
def _(op: MaxPool2D, context: StageContext, plan: StagePlan) -> dict[str, Any]:
    source = plan.stage.inputs[0]
    return {
        "template": "stages/max_pool",
        **source_views(context, source),
        **window_views(op.window, source, plan.stage.output),
        **output_views(context, plan),
        "minimum": op.minimum,
        "maximum": op.maximum,
        "type_maximum": plan.stage.output.qmax,
    }


@_view.register
def _(op: Add, context: StageContext, plan: StagePlan) -> dict[str, Any]:
    arithmetic = op.arithmetic
    linear = plan.linear_add
    double = arithmetic.rounding is Rounding.DOUBLE
    context.functions |= {"clamp", "exact_double"} if double and linear is None else {"clamp"}
    source, other = (source_views(context, tensor) for tensor in plan.stage.inputs)
    output = plan.stage.output
    buffers = [context.plan.buffers[tensor.name] for tensor in (*plan.stage.inputs, output)]
    return {
        "template": "stages/add",
        **source,
        "linear_form": linear,
        # Rows of one layout are added as they lie in memory.
        "flat": output.width * output.channels if len({buffer.layout for buffer in buffers}) == 1 else 0,
        "other": other["source"],
        "other_ctype": other["ctype"],
        "other_x_stride": other["source_x_stride"],
        "other_channel_stride": other["source_channel_stride"],
        **output_views(context, plan),
        "double": double,
        "zero_points": arithmetic.zero_points,
        "multipliers": arithmetic.multipliers,
        # The C functions count shifts to the right, the arithmetic contract to the left.
        "shifts": tuple(-s for s in arithmetic.shifts) if double else arithmetic.shifts,
        "left_factor": 1 << arithmetic.left_shift,
        "half": 0 if double else 1 << (arithmetic.shifts[2] - 1),
        "minimum": arithmetic.minimum,
        "maximum": arithmetic.maximum,
    }


@_view.register
def _(op: Lookup, context: StageContext, plan: StagePlan) -> dict[str, Any]:
    dtype = np.dtype(plan.stage.output.dtype)
    table = context.add_constant(
        f"stage_{plan.stage.index}_table", op.table.astype(dtype), f"{describe(op)}: output by input value"
    )
    return {
        "template": "stages/lookup",
        **source_views(context, plan.stage.inputs[0]),
        **output_views(context, plan),
        "table": table,
        "qmin": plan.stage.inputs[0].qmin,
    }


@_view.register
def _(op: Pad, context: StageContext, plan: StagePlan) -> dict[str, Any]:
    source = plan.stage.inputs[0]
    top, bottom, left, right = op.padding
    conditions = ["inside"] * (top + bottom > 0) + [f"x >= {left}"] * (left > 0)
    conditions += [f"x < {left + source.width}"] * (right > 0)
    return {
        "template": "stages/pad",
        **source_views(context, source),
        **output_views(context, plan),
        "row_inside": inside_image("from", source.height, top > 0, bottom > 0),
        "copied": " && ".join(conditions) or "1",
        "top": top,
        "left": left,
        "zero_point": source.zero_point,
    }


@_view.register
def _(op: Reshape, context: StageContext, plan: StagePlan) -> dict[str, Any]:
    return {"template": "stages/reshape", **source_views(context, plan.stage.inputs[0]), **output_views(context, plan)}


@_view.register
def _(op: Softmax, context: StageContext, plan: StagePlan) -> dict[str, Any]:
    output = plan.stage.output
    reciprocal = op.normalization is SoftmaxNormalization.RECIPROCAL
    context.functions |= {"clamp", "softmax_reciprocal"} if reciprocal else {"clamp"}
    table = context.add_constant(
        f"stage_{plan.stage.index}_exponentials",
        op.exponentials.astype(np.int32),
        f"{describe(op)}: exponentials by distance to the largest input",
    )
    return {
        "template": "stages/softmax",
        **source_views(context, plan.stage.inputs[0]),
        **output_views(context, plan),
        "table": table,
        "reciprocal": reciprocal,
        "output_offset": op.output_offset,
        "minimum": output.qmin,
        "maximum": output.qmax,
    }
