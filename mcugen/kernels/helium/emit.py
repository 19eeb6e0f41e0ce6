"""Views of stages whose kernels use Helium."""

from __future__ import annotations

from typing import Any

from mcugen.codegen.environment import linear
from mcugen.codegen.views import (
    StageContext,
    describe,
    inside_image,
    output_views,
    trace_views,
)
from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.helium.instances import depthwise_instance, matrix_instance, windows_instance
from mcugen.kernels.helium.select import INLINE_VALUES, HeliumKernel
from mcugen.kernels.helium.shapes import HeliumDepthwise, HeliumWindows, inside
from mcugen.kernels.helium.tables import depthwise_table, matrix_stream
from mcugen.kernels.late import Header
from mcugen.kernels.views import depthwise_rows_view, im2col_view, matrix_comment, outside_row, weight_table
from mcugen.plan.plan import StagePlan

_OUTSIDE = "outside_interleaved"


def view(context: StageContext, plan: StagePlan) -> dict[str, Any]:
    """The view of a stage whose matrix kernel, and depthwise kernel if it has one, use Helium."""
    stage, helium = plan.stage, plan.kernel
    op = stage.matrix
    assert op is not None
    assert isinstance(helium, HeliumKernel)
    out = output_views(context, plan)
    epilogue = plan.epilogues[op.name]
    shape = helium.matrix_shape(stage, op, context.plan.buffers[stage.output.name], epilogue)
    zero_point = context.plan.graph.tensors[op.input].zero_point
    found: dict[str, Any] = {
        "template": "helium/stage",
        "columns_offset": plan.columns_offset,
        "depth": helium.depth,
        "fills": helium.fills,
        "depthwise": None,
        "im2col": None,
        "source": context.buffer_index(stage.inputs[0].name),
        "columns_traces": [],
        **out,
    }
    if stage.depthwise is not None:
        tensor = context.plan.graph.tensors[stage.depthwise.output]
        found["columns_traces"] = trace_views(context, tensor, "columns", tensor.channels, 1)
        found["depthwise"] = _depthwise(context, plan, stage.depthwise)
    elif not helium.direct:
        found["im2col"] = _im2col(context, plan, op)
    instance = context.instance(
        "helium", matrix_instance(f"matrix_{stage.index}", matrix_comment(plan, op, helium.depth), shape)
    )
    found["kernel"] = instance.function
    stream = matrix_stream(op, shape, epilogue, zero_point)
    order = "for each four channels starts of their sums, multipliers, shifts, and weights"
    found["stream"] = weight_table(context, plan, op, "stream", stream, order)
    return found


def header(context: StageContext) -> Header | None:
    """The kernels that stages use."""
    instances = context.instances.get("helium")
    if not instances:
        return None
    wide = {instance.shape.is_wide for instance in instances if isinstance(instance.shape, HeliumDepthwise)}
    windows = any(isinstance(instance.shape, HeliumWindows) for instance in instances)
    found = {"helium_depthwise": False in wide, "helium_depthwise_wide": True in wide, "helium_windows": windows}
    return Header({"kernels": instances, **found})


def _depthwise(context: StageContext, plan: StagePlan, op: DepthwiseConv2D) -> dict[str, Any]:
    rows, epilogue = depthwise_rows_view(context, plan), plan.epilogues[op.name]
    if rows["clips_top"] or rows["clips_bottom"]:
        stages = (other.stage for other in context.plan.stages if isinstance(other.kernel, HeliumKernel))
        outside_row(context, _OUTSIDE, (stage.inputs[0] for stage in stages if stage.depthwise is not None))
    source, output = plan.stage.inputs[0], plan.stage.output
    comment = f"{describe(op)}: one row of {output.width} pixels, {source.channels} channels."
    shape = HeliumDepthwise.of(plan.stage, op, epilogue)
    made = depthwise_instance(f"depthwise_{plan.stage.index}", comment, shape)
    order = "for each four channels weights, starts of their sums, multipliers and shifts"
    if shape.is_wide:
        order = "for each eight channels shifts, weights, starts of their sums and multipliers"
    return {
        **rows,
        "function": context.instance("helium", made).function,
        "table": weight_table(context, plan, op, "depthwise", depthwise_table(op, shape, epilogue), order),
        "outside": _OUTSIDE,
    }


def _im2col(context: StageContext, plan: StagePlan, op: Conv2D) -> dict[str, Any]:
    source = plan.stage.inputs[0]
    view = im2col_view(context, plan, op, "the windows of output pixels")
    top, height = op.window.padding[0], plan.stage.output.height
    rows: list[dict[str, Any]] = []
    for r in range(op.window.kernel[0]):
        row, last = linear(("first", 1), constant=r), (height - 1) * op.window.stride[0] - top + r
        rows.append(
            {"number": r, "row": row, "inside": inside_image(row, source.height, r < top, last >= source.height)}
        )
    row_values = op.window.kernel[1] * source.channels
    edges = ["at < 0"] * view["clips_left"]
    # Not `at > difference`: of an image narrower than the window clang warns that one of the comparisons always holds.
    edges += [f"at + {row_values} > {source.width * source.channels}"] * view["clips_right"]
    return {
        **view,
        "row_values": row_values,
        "in_a_loop": row_values > INLINE_VALUES,
        "rows": rows,
        "edges": " || ".join(edges),
        "windows": _windows(context, plan, op, [r["number"] for r in rows if r["inside"]]),
    }


def _windows(context: StageContext, plan: StagePlan, op: Conv2D, missing: list[int]) -> dict[str, Any] | None:
    """What copies the windows of a row that lie in the image, None where they are copied one by one. missing: rows of
    a window that can lie outside."""
    shape, width, kernel = HeliumWindows.of(plan.stage, op), plan.stage.output.width, plan.kernel
    pixels = inside(plan.stage, op, 1)
    if shape is None:
        return None
    assert isinstance(kernel, HeliumKernel)
    comment = f"{describe(op)}: copies windows that lie in the image into columns."
    made = windows_instance(f"windows_{plan.stage.index}", comment, shape)
    conditions = [f"x >= {pixels.start}"] * (pixels.start > 0) + [f"x < {pixels.stop}"] * (pixels.stop < width)
    filled = f"from + {width // kernel.fills}"
    return {
        "function": context.instance("helium", made).function,
        "conditions": [*conditions, *(f"row{number} != NULL" for number in missing)],
        "end": f"({filled} < {pixels.stop} ? {filled} : {pixels.stop})" if kernel.fills > 1 else f"{pixels.stop}",
    }
