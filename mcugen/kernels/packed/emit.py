"""Views of matrix stages whose kernels take packed pixels."""

from __future__ import annotations

from typing import Any

from mcugen.codegen.views import StageContext, describe, output_views, source_views, trace_views, window_views
from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.late import Header
from mcugen.kernels.packed.instances import depthwise_kernel, matrix_kernel
from mcugen.kernels.packed.select import COMPILED, SPLIT, PackedKernel, core_of
from mcugen.kernels.packed.shapes import GROUP, PackedDepthwise, PackedMatrix
from mcugen.kernels.packed.tables import depthwise_table, matrix_stream
from mcugen.kernels.portable.emit import depthwise_view
from mcugen.plan.plan import StagePlan

_UNROLLED_VALUES = 64
# Which kernel row a row in memory meets, as its offset in a channel's table: the first, the second, the third, none.
_FIRST, _SECOND, _THIRD, _NONE = 0, 3, 6, 9


def view(context: StageContext, plan: StagePlan) -> dict[str, Any]:
    """The view of a stage whose matrix kernel multiplies two pixels at a time."""
    stage, packed = plan.stage, plan.kernel
    op = stage.last
    assert isinstance(op, Conv2D)
    assert isinstance(packed, PackedKernel)
    out = output_views(context, plan)
    found: dict[str, Any] = {
        "template": "packed/stage",
        "columns_offset": plan.columns_offset,
        "depth": packed.depth,
        "parts": packed.parts,
        "assembly": None,
        "depthwise": None,
        "im2col": None,
        "columns_trace": None,
        **out,
    }
    if isinstance(stage.first, DepthwiseConv2D):
        tensor = context.plan.graph.tensors[stage.first.output]
        found["columns_trace"] = next(iter(trace_views(context, tensor, "values", tensor.channels, 1)), None)
        found["assembly"] = _assembly_depthwise(context, plan, stage.first, packed)
        if found["assembly"] is None:
            found["depthwise"] = _portable_depthwise(context, plan, stage.first, packed)
        zero_point = stage.first.requantization.zero_point
    else:
        found["im2col"] = _im2col(context, plan, op, packed)
        zero_point = stage.inputs[0].zero_point
    kind = "pointwise" if op.is_pointwise else "standard"
    pixels = stage.output.width // packed.parts
    shape = f"{kind} convolution of {pixels} pixels, {op.weights[0].size} -> {len(op.weights)}"
    found["kernel"] = matrix_kernel(context, plan, packed, f"{describe(op)}: {shape}.").function
    found["stream"] = context.add_constant(
        f"stage_{stage.index}_stream",
        matrix_stream(op, packed, zero_point, core_of(context.plan.target)),
        f"{describe(op)}: for each channel requantization, the start of its sums, and weights",
        "weights",
        weight_bytes=op.weights.size,
    )
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
            "signed": any(isinstance(shape, PackedMatrix) and shape.zero_point is not None for shape in shapes),
            "depthwise": any(isinstance(shape, PackedDepthwise) for shape in shapes),
        }
    )


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
    window = window_views(op.window, source, plan.stage.output)
    # In three slots a row's place turns with its number; in a whole map three neighbouring rows are taken.
    turning = buffer.slots == 3 and not pointers
    turns = range(3) if turning else range(1)
    inner, top, bottom = (_FIRST, _SECOND, _THIRD), (_SECOND, _THIRD, _NONE), (_FIRST, _SECOND, _NONE)
    if pointers:
        top = (_NONE, _SECOND, _THIRD)
    elif not turning:
        bottom = (_NONE, _FIRST, _SECOND)
    return {
        "function": kernel.function,
        "pointers": pointers,
        "table": context.add_constant(
            f"stage_{plan.stage.index}_depthwise",
            depthwise_table(op, packed.depthwise),
            f"{describe(op)}: for each channel weights, the start of its sums, requantization",
            "weights",
            weight_bytes=op.weights.size,
        ),
        "source": context.buffer_index(source.name),
        "first_row": window["first_row"],
        "clips_top": window["clips_top"],
        "clips_bottom": window["clips_bottom"],
        "height": source.height,
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
    return f"0x{rows[0] | rows[1] << 8 | rows[2] << 16:06x}u"


def _portable_depthwise(
    context: StageContext, plan: StagePlan, op: DepthwiseConv2D, packed: PackedKernel
) -> dict[str, Any]:
    def store(x: str | int, c: str | int, value: str) -> str:
        return f"{context.name}_store_column(row, {x}, {c}, {packed.depth}, {value})"

    return {**depthwise_view(context, plan, op), "store": store, "row_type": "uint32_t", "traces": []}


def _im2col(context: StageContext, plan: StagePlan, op: Conv2D, packed: PackedKernel) -> dict[str, Any]:
    source, output = plan.stage.inputs[0], plan.stage.output
    views = source_views(context, source)
    window = window_views(op.window, source, output)
    channels, stride, (height, width) = source.channels, window["stride"], op.window.kernel
    # What four neighbouring windows cover of a row, in pixels.
    covered = (GROUP - 1) * stride + width
    last = (-(-output.width // GROUP) - 1) * GROUP * stride - window["left"]
    outside = []
    if window["left"]:
        outside.append("left < 0")
    if last + covered > source.width:
        outside.append(f"left + {covered} > {source.width}")
    if window["pads_rows"]:
        outside += [f"row{r} == NULL" for r in range(height)]
    values = width * channels
    return {
        **views,
        **window,
        "comment": f"{describe(op)}: four windows at a time, {op.weights[0].size} values each.",
        "pixels": output.width // packed.parts,
        "covered": covered,
        "outside": " || ".join(outside),
        "step": stride * channels,
        "values": values,
        "unrolled": values * height <= _UNROLLED_VALUES,
        "zero_point": source.zero_point,
    }
