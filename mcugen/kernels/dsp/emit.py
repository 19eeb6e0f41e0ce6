"""Views of matrix stages on cores with DSP instructions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mcugen.codegen.views import (
    StageContext,
    describe,
    output_views,
    source_views,
    trace_views,
    window_views,
)
from mcugen.ir import Conv2D, DepthwiseConv2D, Tensor
from mcugen.kernels.dsp.first import FirstConvolution
from mcugen.kernels.dsp.instances import assembled, depthwise_kernel, first_kernel, matrix_kernel, pixel_kernels
from mcugen.kernels.dsp.one_pixel import OnePixelKernel
from mcugen.kernels.dsp.select import DspKernel
from mcugen.kernels.dsp.shapes import (
    UNROLLED_TAPS,
    DspDepthwise,
    DspFirst,
    DspMatrix,
    DspMatrixEight,
    DspMatrixFour,
    DspMatrixPixel,
    pair_bytes,
)
from mcugen.kernels.dsp.tables import (
    copied_order,
    depthwise_table,
    eight_stream,
    first_stream,
    four_stream,
    matrix_stream,
    paired_stream,
    pixel_stream,
)
from mcugen.kernels.dsp.windows import copied_runs, copied_words
from mcugen.kernels.late import Header
from mcugen.kernels.portable.emit import depthwise_view, pixel_stage_view
from mcugen.kernels.views import band_view, depthwise_rows_view, im2col_view, matrix_comment, outside_row, weight_table
from mcugen.plan.plan import StagePlan
from mcugen.plan.rescaling import Rescaling


def view(context: StageContext, plan: StagePlan) -> dict[str, Any]:
    """The view of a stage whose matrix kernel uses DSP instructions."""
    stage, dsp = plan.stage, plan.kernel
    op = stage.matrix
    assert op is not None
    if isinstance(dsp, OnePixelKernel):
        return _one_pixel_stage(context, plan, op, dsp)
    assert isinstance(dsp, DspKernel)
    out = output_views(context, plan)
    if dsp.first is not None:
        return _first_stage(context, plan, op, dsp, dsp.first, out)
    found: dict[str, Any] = {
        "template": "dsp/stage",
        "columns_offset": plan.columns_offset,
        "depth": dsp.depth,
        "column": _place(context, dsp),
        "plain": dsp.plain,
        "fills": dsp.fills,
        "block_pixels": dsp.tiling.pixels,
        "assembly": None,
        "depthwise": None,
        "im2col": None,
        "columns_trace": None,
        "columns_base": None,
        "band": band_view(plan, dsp.row_columns_bytes, pair_bytes(dsp.depth, dsp.epilogue.form) // 2),
        **out,
    }
    if stage.depthwise is not None:
        tensor = context.plan.graph.tensors[stage.depthwise.output]
        found["columns_trace"] = next(iter(trace_views(context, tensor, "values", tensor.channels, 1)), None)
        if dsp.depthwise is not None:
            found["assembly"] = _assembly_depthwise(context, plan, stage.depthwise, dsp, dsp.depthwise)
            if context.trace and np.any(dsp.depthwise.base):
                found["columns_base"] = context.add_constant(
                    f"stage_{stage.index}_base", dsp.depthwise.base.astype(np.int8), "what the trace adds to columns"
                )
        else:
            found["depthwise"] = _portable_depthwise(context, plan, stage.depthwise, dsp)
    else:
        found["im2col"] = _im2col(context, plan, op, dsp)
    weighted = copied_order(op, dsp.depth) if _copies_plain(plan) else op
    order, stream = "for each pair of channels the starts of its sums, weights, and requantization", matrix_stream
    if dsp.paired:
        order = "for each pair of channels the second one's start, weights, the first one's start, and requantization"
        stream = paired_stream
    if dsp.four:
        order, stream = f"of two pairs of channels in turns, {order}", four_stream
    if dsp.eight:
        order = "for each channel weights, the start of its sum, and multiplier"
    table = eight_stream(weighted, dsp.epilogue) if dsp.eight else stream(weighted, dsp.depth, dsp.epilogue)
    found["stream"] = weight_table(context, plan, op, "stream", table, order)
    found["kernel"] = matrix_kernel(context, plan, dsp, out, matrix_comment(plan, op, dsp.depth))
    return found


def header(context: StageContext) -> Header | None:
    """The kernels that stages use."""
    instances = context.instances.get("dsp", ())
    if not instances:
        return None
    shapes = [instance.shape for instance in instances]
    kernels = [assembled(instance) for instance in instances]
    flags = {
        "depthwise": any(isinstance(shape, DspDepthwise) for shape in shapes),
        "first": any(isinstance(shape, DspFirst) for shape in shapes),
        "eight": any(isinstance(shape, DspMatrixEight) for shape in shapes),
        "rows": any(isinstance(planned.kernel, DspKernel) for planned in context.plan.stages),
        "mixed": any(isinstance(s.kernel, DspKernel) and s.kernel.tiling.twos for s in context.plan.stages),
        "matrix": any(isinstance(shape, DspMatrix) for shape in shapes),
        "plain": any(isinstance(planned.kernel, DspKernel) and planned.kernel.plain for planned in context.plan.stages),
        "copied": any(_copies_plain(planned) for planned in context.plan.stages),
        "paired": any(isinstance(shape, DspMatrix) and shape.paired for shape in shapes),
        "four": any(isinstance(shape, DspMatrixFour) for shape in shapes),
        "pixel": any(isinstance(shape, DspMatrixPixel) for shape in shapes),
    }
    return Header({"kernels": kernels, **flags})


def _copies_plain(planned: StagePlan) -> bool:
    """Whether values are copied into plain columns."""
    kernel = planned.kernel
    return isinstance(kernel, DspKernel) and kernel.plain and planned.stage.depthwise is None


def _one_pixel_stage(context: StageContext, plan: StagePlan, op: Conv2D, kernel: OnePixelKernel) -> dict[str, Any]:
    order = "output channels two in a word: starts of sums, weights, starts, and requantization"
    kernels = pixel_kernels(context, plan, kernel, matrix_comment(plan, op, kernel.depth))
    stream = weight_table(context, plan, op, "stream", pixel_stream(op, kernel), order)
    return pixel_stage_view(context, plan, kernels, stream)


def _first_stage(
    context: StageContext, plan: StagePlan, op: Conv2D, dsp: DspKernel, first: FirstConvolution, out: dict[str, Any]
) -> dict[str, Any]:
    source = plan.stage.inputs[0]
    views = source_views(context, source)
    comment = f"{describe(op)}: 3x3 windows of {source.channels} channels -> {len(op.weights)}."
    kernel = {
        **first_kernel(context, plan, dsp, out, comment),
        "stream": weight_table(
            context,
            plan,
            op,
            "stream",
            first_stream(op, first, dsp.epilogue),
            "for each pair of channels the starts of its sums, 16-bit weights, and requantization",
        ),
    }
    window = window_views(op.window, source, plan.stage.output)
    image = {
        "source": views["source"],
        "height": source.height,
        "zero_point": source.zero_point,
        "first_row": window["first_row"],
        "pads_rows": window["pads_rows"],
        "step": first.step,
        "left_bytes": first.left,
        "row_bytes": first.row_bytes,
        "edge_bytes": first.edge_bytes,
        "edges": first.edges,
        "middle_first": first.middle_first,
        "middle_at": first.middle_first * first.step - first.left,
        "middle_pixels": first.middle_pixels,
    }
    return {"template": "dsp/first_stage", "kernel": kernel, "image": image, **out}


def _assembly_depthwise(
    context: StageContext, plan: StagePlan, op: DepthwiseConv2D, dsp: DspKernel, rescaling: Rescaling
) -> dict[str, Any]:
    rows = depthwise_rows_view(context, plan)
    if rows["clips_top"] or rows["clips_bottom"]:
        # The kernel reads whole words.
        outside_row(context, "outside", _assembled_inputs(context), behind=3)
    order = "for each channel the words w1 w0 . w2 of three kernel rows, start, multiplier"
    comment = f"{describe(op)}: one row of {plan.stage.output.width} pixels, {dsp.depth} channels."
    return {
        **rows,
        "kernel": depthwise_kernel(context, plan, op, dsp, rescaling.shift, comment),
        "table": weight_table(context, plan, op, "depthwise", depthwise_table(op, rescaling, dsp.compact), order),
    }


def _assembled_inputs(context: StageContext) -> list[Tensor]:
    """The inputs of all depthwise convolutions in assembly."""
    kernels = ((plan.stage, plan.kernel) for plan in context.plan.stages)
    return [stage.inputs[0] for stage, kernel in kernels if isinstance(kernel, DspKernel) and kernel.depthwise]


def _portable_depthwise(context: StageContext, plan: StagePlan, op: DepthwiseConv2D, dsp: DspKernel) -> dict[str, Any]:
    view = depthwise_view(context, plan, op)

    return {**view, "place": _place(context, dsp), "traces": []}


def _place(context: StageContext, dsp: DspKernel) -> Callable[[str | int, str | int], str]:
    """The offset of the byte in the columns that has the value of a channel of a pixel, as C."""
    tiling = dsp.tiling
    function, first = ("mixed_column", tiling.first) if tiling.twos else ("column", tiling.tile_pixels)

    def place(x: str | int, c: str | int) -> str:
        return f"{context.name}_{function}({x}, {c}, {dsp.depth}, {first}){' - 1' if dsp.plain else ''}"

    return place


def _tap(dsp: DspKernel, k: int) -> str:
    """The offset of value k in a pixel's column, as C. step: where tiles are mixed, the bytes from word to word."""
    half, tiling = dsp.depth // 2, dsp.tiling
    word, high = k % half, 2 if k >= half else 0
    if not tiling.twos:
        return str(word * 4 * tiling.tile_pixels + high)
    factor = "step" if word == 1 else f"{word} * step"
    return " + ".join([*([factor] if word else []), *([str(high)] if high else [])]) or "0"


def _im2col(context: StageContext, plan: StagePlan, op: Conv2D, dsp: DspKernel) -> dict[str, Any]:
    source = plan.stage.inputs[0]
    view = im2col_view(context, plan, op, "the windows of output pixels")
    x_stride, channel_stride = view["source_x_stride"], view["source_channel_stride"]
    kernel_height, kernel_width = op.window.kernel
    taps = []
    if op.weights[0].size <= UNROLLED_TAPS:
        for k in range(op.weights[0].size):
            row, rest = divmod(k, kernel_width * source.channels)
            j, c = divmod(rest, source.channels)
            taps.append({"row": row, "index": j * x_stride + c * channel_stride, "k": k, "offset": _tap(dsp, k)})
    conditions = [f"inside{r}" for r in range(kernel_height)] if view["pads_rows"] else []
    if view["pads_columns"]:
        conditions += ["left >= 0", f"left + {kernel_width} <= {source.width}"]
    return {
        **view,
        "pixels": dsp.tiling.pixels,
        "pointwise": op.reads_single_pixels,
        "x_stride": x_stride,
        "channel_stride": channel_stride,
        "taps": taps,
        "words": copied_words(op, context.plan.buffers[source.name]),
        "runs": copied_runs(op, dsp.depth, context.plan.buffers[source.name]),
        "tile_pixels": dsp.tiling.tile_pixels,
        "first_pixels": dsp.tiling.first,
        "mixed": dsp.tiling.twos > 0,
        "inside": " && ".join(conditions) or "1",
    }
