"""Views of stages whose kernels use Helium."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcugen.codegen.environment import linear
from mcugen.codegen.views import (
    StageContext,
    describe,
    inside_image,
    output_views,
    source_views,
    trace_views,
    window_views,
)
from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.helium.instances import depthwise_instance, matrix_instance
from mcugen.kernels.helium.select import INLINE_VALUES, HeliumKernel
from mcugen.kernels.helium.shapes import End, HeliumDepthwise, HeliumMatrix
from mcugen.kernels.helium.tables import depthwise_table, matrix_stream
from mcugen.kernels.late import Header
from mcugen.plan.plan import StagePlan

_OUTSIDE = "outside_interleaved"


def view(context: StageContext, plan: StagePlan) -> dict[str, Any]:
    """The view of a stage whose matrix kernel, and depthwise kernel if it has one, use Helium."""
    stage, helium = plan.stage, plan.kernel
    op = stage.last
    assert isinstance(op, Conv2D)
    assert isinstance(helium, HeliumKernel)
    out = output_views(context, plan)
    pixels = stage.output.width // helium.parts
    epilogue = plan.epilogues[op.name]
    shape = HeliumMatrix(
        helium.depth, len(op.weights), pixels, out["channel_stride"], out["x_stride"], End.of(epilogue)
    )
    kind = "pointwise" if op.is_pointwise else "standard"
    comment = f"{describe(op)}: {kind} convolution of {pixels} pixels, {helium.depth} -> {len(op.weights)}."
    zero_point = context.plan.graph.tensors[op.input].zero_point
    found: dict[str, Any] = {
        "template": "helium/stage",
        "columns_offset": plan.columns_offset,
        "depth": helium.depth,
        "parts": helium.parts,
        "depthwise": None,
        "im2col": None,
        "source": context.buffer_index(stage.inputs[0].name),
        "columns_traces": [],
        **out,
    }
    if isinstance(stage.first, DepthwiseConv2D):
        tensor = context.plan.graph.tensors[stage.first.output]
        found["columns_traces"] = trace_views(context, tensor, "columns", tensor.channels, 1)
        found["depthwise"] = _depthwise(context, plan, stage.first)
    elif not helium.direct:
        found["im2col"] = _im2col(context, plan, op, helium)
    instance = context.instance("helium", matrix_instance(f"matrix_{stage.index}", comment, shape))
    found["kernel"] = instance.function
    found["stream"] = context.add_constant(
        f"stage_{stage.index}_stream",
        matrix_stream(op, shape, epilogue, zero_point),
        f"{describe(op)}: for each four channels starts of their sums, multipliers, shifts, and weights",
        "weights",
        weight_bytes=op.weights.size,
    )
    return found


def header(context: StageContext) -> Header | None:
    """The kernels that stages use."""
    instances = context.instances.get("helium")
    if not instances:
        return None
    depthwise = any(isinstance(instance.shape, HeliumDepthwise) for instance in instances)
    return Header({"kernels": instances, "helium_depthwise": depthwise})


def _depthwise(context: StageContext, plan: StagePlan, op: DepthwiseConv2D) -> dict[str, Any]:
    source, output = plan.stage.inputs[0], plan.stage.output
    window = window_views(op.window, source, output)
    shape = HeliumDepthwise.of(plan.stage, op, plan.epilogues[op.name])
    clipped = window["clips_top"] or window["clips_bottom"]
    if clipped and all(constant.name != _OUTSIDE for constant in context.constants):
        context.add_constant(_OUTSIDE, _outside_row(context), "a row outside the image")
    comment = f"{describe(op)}: one row of {output.width} pixels, {source.channels} channels."
    instance = context.instance("helium", depthwise_instance(f"depthwise_{plan.stage.index}", comment, shape))
    return {
        "function": instance.function,
        "table": context.add_constant(
            f"stage_{plan.stage.index}_depthwise",
            depthwise_table(op, plan.epilogues[op.name]),
            f"{describe(op)}: for each four channels weights, starts of their sums, multipliers and shifts",
            "weights",
            weight_bytes=op.weights.size,
        ),
        "outside": _OUTSIDE,
        "first_row": window["first_row"],
        "clips_top": window["clips_top"],
        "clips_bottom": window["clips_bottom"],
        "height": source.height,
    }


def _outside_row(context: StageContext) -> np.ndarray:
    """Zeros for the longest row that a depthwise kernel reads."""
    stages = (plan.stage for plan in context.plan.stages if isinstance(plan.kernel, HeliumKernel))
    rows = (stage.inputs[0] for stage in stages if isinstance(stage.first, DepthwiseConv2D))
    return np.zeros(max(row.width * row.channels for row in rows), np.uint8)


def _im2col(context: StageContext, plan: StagePlan, op: Conv2D, helium: HeliumKernel) -> dict[str, Any]:
    source = plan.stage.inputs[0]
    window = window_views(op.window, source, plan.stage.output)
    top, height = op.window.padding[0], plan.stage.output.height
    rows = []
    for r in range(op.window.kernel[0]):
        row, last = linear(("first", 1), constant=r), (height - 1) * op.window.stride[0] - top + r
        rows.append(
            {"number": r, "row": row, "inside": inside_image(row, source.height, r < top, last >= source.height)}
        )
    row_values = op.window.kernel[1] * source.channels
    edges = ["at < 0"] * window["clips_left"]
    edges += [f"at > {source.width * source.channels - row_values}"] * window["clips_right"]
    return {
        **source_views(context, source),
        **window,
        "comment": f"{describe(op)}: the windows of output pixels, {op.weights[0].size} values each.",
        "pixels": plan.stage.output.width // helium.parts,
        "row_values": row_values,
        "in_a_loop": row_values > INLINE_VALUES,
        "rows": rows,
        "edges": " || ".join(edges),
        "zero_point": source.zero_point,
    }
