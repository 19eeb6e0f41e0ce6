"""What the templates of several kernel families are given of a stage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mcugen.codegen.views import StageContext, describe, source_views, window_views
from mcugen.ir import Conv2D, Tensor
from mcugen.ir.operators.weighted import Weighted
from mcugen.plan.plan import StagePlan


def matrix_comment(planned: StagePlan, op: Conv2D, depth: int) -> str:
    """What stands above a matrix kernel. depth: of a column."""
    kind = "pointwise" if op.is_pointwise else "standard"
    return f"{describe(op)}: {kind} convolution of {_pixels(planned)} pixels, {depth} -> {len(op.weights)}."


def im2col_view(context: StageContext, planned: StagePlan, op: Conv2D, windows: str) -> dict[str, Any]:
    """What copies windows into columns. windows: which ones at a time, for its comment."""
    source = planned.stage.inputs[0]
    return {
        **source_views(context, source),
        **window_views(op.window, source, planned.stage.output),
        "comment": f"{describe(op)}: {windows}, {op.weights[0].size} values each.",
        "pixels": _pixels(planned),
        "zero_point": source.zero_point,
    }


def depthwise_rows_view(context: StageContext, planned: StagePlan) -> dict[str, Any]:
    """Which rows of the input a depthwise kernel of windows of three rows is given."""
    assert planned.stage.depthwise is not None
    source = planned.stage.inputs[0]
    window = window_views(planned.stage.depthwise.window, source, planned.stage.output)
    return {
        "source": context.buffer_index(source.name),
        "height": source.height,
        "first_row": window["first_row"],
        "clips_top": window["clips_top"],
        "clips_bottom": window["clips_bottom"],
    }


def band_view(planned: StagePlan, row_columns: int, channel_bytes: int) -> dict[str, Any] | None:
    """How a stage computes a band of rows, None where it computes them one by one. row_columns: elements of a row's
    block of columns, as the pointer to it counts them. channel_bytes: of an output channel in the kernel's table."""
    kernel, output = planned.kernel, planned.stage.output
    if kernel is None or kernel.band is None:
        return None
    band, channels = kernel.band, kernel.band.channels or output.channels
    return {
        "rows": min(band.rows, output.height),
        "last_rows": output.height % band.rows if band.rows < output.height else 0,
        "height": output.height,
        "columns": row_columns,
        "parts": output.channels // channels,
        "part_words": channels * channel_bytes // 4,
        "channels": channels,
    }


def weight_table(
    context: StageContext, planned: StagePlan, op: Weighted, suffix: str, values: np.ndarray, order: str
) -> str:
    """Registers stage_N_SUFFIX, a table of an operator's weights and the constants between them, and returns its name.
    order: of what stands in it, for its comment."""
    name = f"stage_{planned.stage.index}_{suffix}"
    return context.add_constant(name, values, f"{describe(op)}: {order}", "weights", weight_bytes=op.weights.size)


def outside_row(context: StageContext, name: str, rows: Iterable[Tensor], behind: int = 0) -> None:
    """Registers, once, zeros to read as a row outside the image: as long as the longest row of these tensors, and so
    many bytes more."""
    if all(constant.name != name for constant in context.constants):
        longest = max(row.width * row.channels for row in rows)
        context.add_constant(name, np.zeros(longest + behind, np.uint8), "a row outside the image")


def _pixels(planned: StagePlan) -> int:
    assert planned.kernel is not None
    return planned.stage.output.width // planned.kernel.fills
