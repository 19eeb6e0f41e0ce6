"""Views of matrix stages whose kernels take packed pixels."""

from __future__ import annotations

from typing import Any

from mcugen.codegen.views import StageContext, describe, output_views, trace_views
from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.late import Header
from mcugen.kernels.packed.instances import depthwise_kernel, matrix_kernel, pixel_kernels
from mcugen.kernels.packed.one_pixel import PackedOnePixel
from mcugen.kernels.packed.select import COMPILED, SPLIT, PackedKernel, core_of
from mcugen.kernels.packed.shapes import TILE_PIXELS, PackedDepthwise, PackedMatrix, PackedPixel
from mcugen.kernels.packed.tables import depthwise_table, matrix_stream, pixel_stream
from mcugen.kernels.portable.emit import depthwise_view, pixel_stage_view
from mcugen.kernels.views import band_view, depthwise_rows_view, im2col_view, matrix_comment, weight_table
from mcugen.plan.plan import StagePlan

_UNROLLED_VALUES = 64
# Which kernel row a row in memory meets, as its offset in a channel's table: the first, the second, the third, none.
_FIRST, _SECOND, _THIRD, _NONE = 0, 3, 6, 9


def view(context: StageContext, plan: StagePlan) -> dict[str, Any]:
    """The view of a stage whose matrix kernel multiplies two pixels at a time."""
    stage, packed = plan.stage, plan.kernel
    op = stage.matrix
    assert op is not None
    if isinstance(packed, PackedOnePixel):
        return _one_pixel_stage(context, plan, op, packed)
    assert isinstance(packed, PackedKernel)
    out = output_views(context, plan)
    found: dict[str, Any] = {
        "template": "packed/stage",
        "columns_offset": plan.columns_offset,
        "depth": packed.depth,
        "fills": packed.fills,
        "assembly": None,
        "depthwise": None,
        "im2col": None,
        "columns_trace": None,
        "band": band_view(plan, packed.row_columns_bytes(stage) // 4, packed.channel_bytes),
        **out,
    }
    if stage.depthwise is not None:
        tensor = context.plan.graph.tensors[stage.depthwise.output]
        found["columns_trace"] = next(iter(trace_views(context, tensor, "values", tensor.channels, 1)), None)
        found["assembly"] = _assembly_depthwise(context, plan, stage.depthwise, packed)
        if found["assembly"] is None:
            found["depthwise"] = _portable_depthwise(context, plan, stage.depthwise, packed)
        zero_point = stage.depthwise.requantization.zero_point
    else:
        found["im2col"] = _im2col(context, plan, op)
        zero_point = stage.inputs[0].zero_point
    comment = matrix_comment(plan, op, op.weights[0].size)
    found["kernel"] = matrix_kernel(context, plan, packed, comment).function
    stream = matrix_stream(op, packed, zero_point, core_of(context.plan.target))
    order = "for each channel requantization, the start of its sums, and weights"
    found["stream"] = weight_table(context, plan, op, "stream", stream, order)
    return found


def header(context: StageContext) -> Header | None:
    """The kernels that stages use."""
    instances = context.instances.get("packed")
    if not instances:
        return None
    shapes = [instance.shape for instance in instances]
    core = core_of(context.plan.target)
    return Header(
        {
            "kernels": instances,
            "compiled": core in COMPILED,
            "split": core in SPLIT,
            "signed": any(isinstance(shape, PackedMatrix | PackedPixel) and shape.two_lines for shape in shapes),
            "pairs": any(isinstance(planned.kernel, PackedKernel) for planned in context.plan.stages),
            "pixel": any(isinstance(shape, PackedPixel) for shape in shapes),
            "depthwise": any(isinstance(shape, PackedDepthwise) for shape in shapes),
        }
    )


def _one_pixel_stage(context: StageContext, plan: StagePlan, op: Conv2D, kernel: PackedOnePixel) -> dict[str, Any]:
    depthwise = plan.stage.depthwise
    zero_point = plan.stage.inputs[0].zero_point if depthwise is None else depthwise.requantization.zero_point
    order = "for some output channels at a time starts of sums, weights side by side, and requantization"
    kernels = pixel_kernels(context, plan, kernel, matrix_comment(plan, op, kernel.depth))
    stream = weight_table(context, plan, op, "stream", pixel_stream(op, kernel, zero_point), order)
    return pixel_stage_view(context, plan, kernels, stream)


def _assembly_depthwise(
    context: StageContext, plan: StagePlan, op: DepthwiseConv2D, packed: PackedKernel
) -> dict[str, Any] | None:
    source = plan.stage.inputs[0]
    buffer = context.plan.buffers[source.name]
    size = f"one row of {plan.stage.output.width} pixels, {source.channels} channels"
    kernel = depthwise_kernel(context, plan, op, packed, f"{describe(op)}: {size}.")
    if kernel is None or packed.depthwise is None:
        return None
    pointers = isinstance(kernel.shape, PackedDepthwise) and kernel.shape.row_bytes is None
    # In three slots a row's place turns with its number; in a whole map three neighbouring rows are taken.
    turning = buffer.slots == 3 and not pointers
    turns = range(3) if turning else range(1)
    inner, top, bottom = (_FIRST, _SECOND, _THIRD), (_SECOND, _THIRD, _NONE), (_FIRST, _SECOND, _NONE)
    if pointers:
        top = (_NONE, _SECOND, _THIRD)
    elif not turning:
        bottom = (_NONE, _FIRST, _SECOND)
    order = "for each channel weights, the start of its sums, requantization"
    return {
        **depthwise_rows_view(context, plan),
        "function": kernel.function,
        "pointers": pointers,
        "table": weight_table(context, plan, op, "depthwise", depthwise_table(op, packed.depthwise), order),
        "turning": turning,
        "top": _order(top),
        "inner": [_order(_turned(inner, first)) for first in turns],
        "bottom": [_order(_turned(bottom, first)) for first in turns],
    }


def _turned(rows: tuple[int, int, int], first: int) -> tuple[int, int, int]:
    """What the three slots hold when row 0 of `rows` lies in slot `first`."""
    a, b, c = (rows[(slot - first) % 3] for slot in range(3))
    return a, b, c


def _order(rows: tuple[int, int, int]) -> str:
    """Arguments of KERNEL_ROWS."""
    return ", ".join(map(str, rows))


def _portable_depthwise(
    context: StageContext, plan: StagePlan, op: DepthwiseConv2D, packed: PackedKernel
) -> dict[str, Any]:
    def store(x: str | int, c: str | int, value: str) -> str:
        return f"{context.name}_store_column(row, {x}, {c}, {packed.depth}, {value})"

    return {**depthwise_view(context, plan, op), "store": store, "row_type": "uint32_t", "traces": []}


def _im2col(context: StageContext, plan: StagePlan, op: Conv2D) -> dict[str, Any]:
    source, output = plan.stage.inputs[0], plan.stage.output
    view = im2col_view(context, plan, op, "four windows at a time")
    channels, stride, (height, width) = source.channels, view["stride"], op.window.kernel
    # What four neighbouring windows cover of a row, in pixels.
    covered = (TILE_PIXELS - 1) * stride + width
    last = (-(-output.width // TILE_PIXELS) - 1) * TILE_PIXELS * stride - view["left"]
    outside = []
    if view["left"]:
        outside.append("left < 0")
    if last + covered > source.width:
        outside.append(f"left + {covered} > {source.width}")
    if view["pads_rows"]:
        outside += [f"row{r} == NULL" for r in range(height)]
    values = width * channels
    return {
        **view,
        "covered": covered,
        "outside": " || ".join(outside),
        "step": stride * channels,
        "values": values,
        "unrolled": values * height <= _UNROLLED_VALUES,
    }
