"""Views of matrix stages: a source of columns (im2col or depthwise), the matrix kernel, and their epilogues."""

from __future__ import annotations

from typing import Any

from mcugen.codegen.constants import tiled_weights, weights_by_channel
from mcugen.codegen.environment import linear
from mcugen.codegen.views import (
    C_TYPES,
    StageContext,
    describe,
    epilogue_view,
    inside_image,
    output_views,
    shape_text,
    source_views,
    trace_views,
    window_views,
)
from mcugen.ir import Conv2D, DepthwiseConv2D, Tensor
from mcugen.kernels.family import ColumnSource
from mcugen.kernels.late import Header
from mcugen.kernels.tables import folded_bias
from mcugen.kernels.views import im2col_view, matrix_comment
from mcugen.plan.plan import StagePlan


def view(context: StageContext, plan: StagePlan) -> dict[str, Any]:
    """The view of a stage that is a convolution of any kind."""
    stage = plan.stage
    out = output_views(context, plan)
    found: dict[str, Any] = {"template": "portable/stage", **out, "depthwise": None, "im2col": None, "matrix": None}
    found["columns"] = columns_declaration(context, plan)
    if stage.depthwise is not None:
        found["depthwise"] = depthwise_view(context, plan, stage.depthwise)
    if stage.matrix is not None:
        if plan.column_source is ColumnSource.IM2COL:
            found["im2col"] = windows_view(context, plan, stage.matrix)
        found["matrix"] = _matrix(context, plan, stage.matrix, out)
    return found


def header(context: StageContext) -> Header | None:
    """None: portable kernels stand with their stages."""
    return None


def columns_declaration(context: StageContext, plan: StagePlan) -> str:
    """C declaration of the block of columns, which the last operator of the stage reads; "" where there is none."""
    if not plan.columns_bytes:
        return ""
    ctype = C_TYPES[context.plan.graph.tensors[plan.stage.last.input].dtype]
    arena = "arena" if ctype == "uint8_t" else f"({ctype} *)arena"
    return f"{ctype} *const columns = {linear((arena, 1), constant=plan.columns_offset)}"


def columns_source(context: StageContext, plan: StagePlan, op: Conv2D) -> str:
    """What the matrix kernel reads, in C: the block of columns, or the input."""
    if plan.column_source is not ColumnSource.DIRECT:
        return "columns"
    return f"row_{context.buffer_index(op.input)}(arena, {'y' if op.is_pointwise else '0'})"


def pixel_stage_view(
    context: StageContext, plan: StagePlan, kernels: list[dict[str, Any]], stream: str
) -> dict[str, Any]:
    """The view of a stage whose kernel is a family's for one output pixel. kernels: its functions; for each its name,
    words of its shape, and where in the stream and in the output it begins. stream: the table that they read."""
    op, depthwise = plan.stage.matrix, plan.stage.depthwise
    assert op is not None
    return {
        "template": "portable/pixel_stage",
        "columns": columns_declaration(context, plan),
        "depthwise": depthwise_view(context, plan, depthwise) if depthwise is not None else None,
        "im2col": windows_view(context, plan, op) if plan.column_source is ColumnSource.IM2COL else None,
        "source": columns_source(context, plan, op),
        "kernels": kernels,
        "stream": stream,
        **output_views(context, plan),
    }


def windows_view(context: StageContext, plan: StagePlan, op: Conv2D) -> dict[str, Any]:
    """What copies the windows of a row into columns."""
    return {**im2col_view(context, plan, op, "the windows of one output row"), "depth": op.weights[0].size}


def depthwise_view(context: StageContext, plan: StagePlan, op: DepthwiseConv2D) -> dict[str, Any]:
    """The view of a depthwise convolution in portable C, into columns [x][channel] or into the output row."""
    source = plan.stage.inputs[0]
    output = context.plan.graph.tensors[op.output]
    prefix = f"stage_{plan.stage.index}_depthwise"
    out = output_views(context, plan)
    if plan.stage.is_separable:
        x_stride, channel_stride, destination = output.channels, 1, "columns"
        traces = trace_views(context, output, destination, x_stride, channel_stride)
    else:
        x_stride, channel_stride, traces = out["x_stride"], out["channel_stride"], []
        destination = f"row_{out['output']}(arena, y)"

    def place(x: str | int, c: str | int) -> str:
        return linear((x, x_stride), (c, channel_stride))

    window = window_views(op.window, source, output)
    # The accumulator takes x - zero point where that is not 0, so that taps outside the image add nothing.
    chosen = plan.epilogues[op.name]
    epilogue = epilogue_view(context, prefix, chosen, chosen.bias, describe(op), output)
    zero_point = source.zero_point
    positions = _positions(op, source, output)

    def value(i: int, x: str | int, j: int) -> str:
        index = linear((x, op.window.stride[1]), constant=j - op.window.padding[2])
        centered = linear((f"source{i}[{index}]", 1), constant=-zero_point)
        return f"({centered})" if zero_point else centered

    return {
        **source_views(context, source),
        **window,
        "comment": f"{describe(op)}: one row, channel by channel.",
        "weights": context.add_constant(
            f"{prefix}_weights",
            weights_by_channel(op.weights),
            f"{describe(op)}: weights [channel][{op.window.kernel[0]}][{op.window.kernel[1]}]",
            "weights",
        ),
        "weights_ctype": C_TYPES[op.weights.dtype.name],
        "epilogue": epilogue,
        "positions": positions,
        "columns_used": sorted({tap for run in positions for tap in run["taps"]}),
        "value": value,
        "place": place,
        # How a value is stored where an assignment to a place would not do.
        "store": None,
        "row_type": epilogue["ctype"],
        "output_channels": output.channels,
        "multiplier": op.depth_multiplier,
        "rows": [_kernel_row(op, source, output, i) for i in range(op.window.kernel[0])],
        "traces": traces,
        "destination": destination,
    }


def _kernel_row(op: DepthwiseConv2D, source: Tensor, output: Tensor, i: int) -> dict[str, str]:
    """Input row that kernel row i reads, when that lies in the image, and which row of no effect it reads otherwise."""
    top, last = op.window.padding[0], source.height - 1
    above, below = i < top, (output.height - 1) * op.window.stride[0] - top + i > last
    row = linear(("first", 1), constant=i)
    return {
        "row": row,
        "inside": inside_image(row, source.height, above, below),
        "otherwise": f"{row} < 0 ? 0 : {last}" if above and below else "0" if above else str(last),
    }


def _positions(op: DepthwiseConv2D, source: Tensor, output: Tensor) -> list[dict[str, Any]]:
    """Runs of output columns whose windows lose the same taps to the border: first, count, taps inside."""
    runs: list[dict[str, Any]] = []
    stride, left = op.window.stride[1], op.window.padding[2]
    for x in range(output.width):
        taps = [j for j in range(op.window.kernel[1]) if 0 <= x * stride - left + j < source.width]
        if runs and runs[-1]["taps"] == taps:
            runs[-1]["count"] += 1
        else:
            runs.append({"first": x, "count": 1, "taps": taps})
    return runs


def _matrix(context: StageContext, plan: StagePlan, op: Conv2D, out: dict[str, Any]) -> dict[str, Any]:
    tensors = context.plan.graph.tensors
    source = tensors[op.input]
    target = context.plan.target
    prefix = f"stage_{plan.stage.index}"
    channels, depth, pixels = len(op.weights), op.weights[0].size, plan.stage.output.width
    rows, columns = min(target.matrix_rows, channels), min(target.matrix_columns, pixels)
    chosen = plan.epilogues[op.name]
    bias = folded_bias(op, chosen.bias, source.zero_point)
    return {
        "comment": matrix_comment(plan, op, depth),
        "source": columns_source(context, plan, op),
        "source_ctype": C_TYPES[source.dtype],
        "depth": depth,
        "tile_rows": rows,
        "tile_columns": columns,
        "channel_tiles": channels // rows,
        "channel_rest": channels % rows,
        "pixel_tiles": pixels // columns,
        "pixel_rest": pixels % columns,
        "weights": context.add_constant(
            f"{prefix}_weights",
            tiled_weights(op.weight_matrix, rows),
            f"{describe(op)}: weights, {rows} output channels interleaved, {shape_text(plan.stage.output)} out",
            "weights",
        ),
        "weights_ctype": C_TYPES[op.weights.dtype.name],
        "epilogue": epilogue_view(context, prefix, chosen, bias, describe(op), plan.stage.output),
        "x_stride": out["x_stride"],
        "channel_stride": out["channel_stride"],
    }
