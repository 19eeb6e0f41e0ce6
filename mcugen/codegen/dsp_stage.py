"""Views of matrix stages on cores with DSP instructions: instances of the assembly kernels, and their tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcugen.codegen.matrix_stage import depthwise_view
from mcugen.codegen.views import (
    StageContext,
    describe,
    output_views,
    source_views,
    trace_views,
    window_views,
)
from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.plan.dsp import DspStage
from mcugen.plan.fit import SCALE, Fit
from mcugen.plan.plan import StagePlan

_UNROLLED_TAPS = 64
_REGISTERS = {
    3: ([["r2", "r3", "r4"], ["r5", "r6", "r7"]], ["r11", "r12", "lr"], "ldm    r1!, {r11, r12, lr}"),
    2: ([["r2", "r3"], ["r4", "r5"]], ["r11", "r12"], "ldm    r1!, {r11, r12}"),
    1: ([["r2"], ["r3"]], ["r11"], "ldr    r11, [r1], #4"),
}


def kernel_registers(group: int) -> dict[str, Any]:
    """Register assignment of the matrix kernel for `group` pixels, for its template."""
    sums, columns, load = _REGISTERS[group]
    return {"group": group, "sums": sums, "columns": columns, "load": load}


def dsp_stage(context: StageContext, plan: StagePlan, dsp: DspStage) -> dict[str, Any]:
    """The view of a stage whose matrix kernel uses DSP instructions."""
    stage = plan.stage
    op = stage.last
    assert isinstance(op, Conv2D)
    out = output_views(context, plan)
    view: dict[str, Any] = {
        "template": "dsp",
        "columns_offset": plan.columns_offset,
        "depth": dsp.depth,
        "group": dsp.group,
        "parts": dsp.parts,
        "assembly": None,
        "depthwise": None,
        "im2col": None,
        "columns_trace": None,
        **out,
    }
    context.matrix_groups.add(dsp.group)
    if isinstance(stage.first, DepthwiseConv2D):
        tensor = context.plan.graph.tensors[stage.first.output]
        view["columns_trace"] = next(iter(trace_views(context, tensor, "values", tensor.channels, 1)), None)
        if dsp.depthwise is not None and _rows_in_reach(context, plan):
            view["assembly"] = _assembly_depthwise(context, plan, stage.first, dsp, dsp.depthwise)
        else:
            view["depthwise"] = _portable_depthwise(context, plan, stage.first, dsp)
    else:
        view["im2col"] = _im2col(context, plan, op, dsp)
    view["kernel"] = _kernel(context, plan, op, dsp, out)
    return view


def _rows_in_reach(context: StageContext, plan: StagePlan) -> bool:
    """The assembly kernel finds three rows at constant distances: in a ring of three, or in a whole map."""
    buffer = context.plan.buffers[plan.stage.inputs[0].name]
    return buffer.slots == 3 or not buffer.is_ring and buffer.slots > 3


def _assembly_depthwise(
    context: StageContext, plan: StagePlan, op: DepthwiseConv2D, dsp: DspStage, fit: Fit
) -> dict[str, Any]:
    source = plan.stage.inputs[0]
    buffer = context.plan.buffers[source.name]
    function = f"depthwise_{plan.stage.index}"
    width, row_bytes, depth, group = source.width, buffer.row_bytes, dsp.depth, dsp.group
    if op.window.stride == (2, 2):
        left = op.window.padding[2]
        instance = f"DEPTHWISE_S2({function}, {depth}, {width}, {row_bytes}, {group}, {fit.shift}, {left})"
    elif width == 3:
        instance = f"DEPTHWISE_S1_3({function}, {depth}, {row_bytes}, {group}, {fit.shift})"
    else:
        pairs, turns = _pairs_and_turns((width - 6) // 2, group)
        instance = (
            f"DEPTHWISE_S1({function}, {depth}, {width}, {row_bytes}, {group}, {fit.shift}, {pairs}, {turns})"
        )
    context.assembly_depthwise = True
    return {
        "comment": f"{describe(op)}: one row of {plan.stage.output.width} pixels, {depth} channels.",
        "instance": instance,
        "first_row": window_views(op.window, source, plan.stage.output)["first_row"],
        "ring": buffer.is_ring or source.height == 3 and buffer.slots == 3,
        "height": source.height,
        "source": context.buffer_index(source.name),
        "table": context.add_constant(
            f"stage_{plan.stage.index}_depthwise",
            _depthwise_table(op, fit),
            f"{describe(op)}: for each channel the words w1 w0 0 w2 of three kernel rows, start, multiplier",
            "weights",
            weight_bytes=op.weights.size,
        ),
    }


def _pairs_and_turns(count: int, group: int) -> tuple[int, int]:
    """Pairs of outputs unrolled and times round: a loop only where it saves much code."""
    if count <= 4:
        return count, 1
    pairs = next(p for p in range(2, count + 1) if count % p == 0 and 2 * p % group == 0)
    return pairs, count // pairs


def _depthwise_table(op: DepthwiseConv2D, fit: Fit) -> np.ndarray:
    channels = op.weights.shape[2]
    table = np.zeros((channels, 5), np.int64)
    for i in range(3):
        w0, w1, w2 = (op.weights[i, j].astype(np.int64) & 0xFF for j in range(3))
        table[:, i] = w1 | w0 << 8 | w2 << 24
    table[:, 3] = SCALE * op.bias.astype(np.int64) + fit.offset
    table[:, 4] = fit.multiplier
    return (table & 0xFFFFFFFF).astype(np.uint32).reshape(-1)


def _portable_depthwise(
    context: StageContext, plan: StagePlan, op: DepthwiseConv2D, dsp: DspStage
) -> dict[str, Any]:
    view = depthwise_view(context, plan, op)

    def place(x: str | int, c: str | int) -> str:
        return f"{context.name}_column({x}, {c}, {dsp.depth}, {dsp.group})"

    return {**view, "place": place, "traces": []}


def _im2col(context: StageContext, plan: StagePlan, op: Conv2D, dsp: DspStage) -> dict[str, Any]:
    source = plan.stage.inputs[0]
    views = source_views(context, source)
    window = window_views(op.window, source, plan.stage.output)
    x_stride, channel_stride = views["source_x_stride"], views["source_channel_stride"]
    kernel_height, kernel_width = op.window.kernel
    taps = []
    if op.weights[0].size <= _UNROLLED_TAPS:
        for k in range(op.weights[0].size):
            row, rest = divmod(k, kernel_width * source.channels)
            j, c = divmod(rest, source.channels)
            half = dsp.depth // 2
            offset = k % half * 4 * dsp.group + (2 if k >= half else 0)
            taps.append({"row": row, "index": j * x_stride + c * channel_stride, "offset": offset})
    conditions = [f"inside{r}" for r in range(kernel_height)] if window["pads_rows"] else []
    if window["pads_columns"]:
        conditions += ["left >= 0", f"left + {kernel_width} <= {source.width}"]
    return {
        **views,
        **window,
        "comment": f"{describe(op)}: the windows of output pixels, {op.weights[0].size} values each.",
        "pointwise": op.window.kernel == (1, 1) and not any(op.window.padding),
        "pixels": plan.stage.output.width // dsp.parts,
        "x_stride": x_stride,
        "channel_stride": channel_stride,
        "taps": taps,
        "inside": (" && ".join(conditions) or "1") if taps else "0",
        "zero_point": source.zero_point,
    }


def _kernel(
    context: StageContext, plan: StagePlan, op: Conv2D, dsp: DspStage, out: dict[str, Any]
) -> dict[str, Any]:
    stage = plan.stage
    pixels = stage.output.width // dsp.parts
    saturate = "usat" if stage.output.dtype == "uint8" else "ssat"
    form = dsp.epilogue.form
    end = f'END_{form.upper()}("{saturate}", {int(dsp.epilogue.shift[0])})'
    constants = {"fitted": 8, "fitted_addend": 16, "signed": 24}[form]
    peel, loops, unroll = _unrolling(dsp.depth // 4)
    channels = len(op.weights)
    instance = (
        f"MATRIX_{dsp.group}(matrix_{stage.index}, {dsp.depth}, {channels}, {pixels}, {out['channel_stride']}, "
        f"{out['x_stride']}, {end}, {constants}, {peel}, {loops}, {unroll})"
    )
    stream = context.add_constant(
        f"stage_{stage.index}_stream",
        _stream(op, dsp),
        f"{describe(op)}: for each pair of channels the starts of its sums, weights, and requantization",
        "weights",
        weight_bytes=op.weights.size,
    )
    kind = "pointwise" if op.is_pointwise else "standard"
    comment = f"{describe(op)}: {kind} convolution of {pixels} pixels, {dsp.depth} -> {channels}."
    return {"instance": instance, "stream": stream, "comment": comment}


def _unrolling(quads: int) -> tuple[int, int, int]:
    """(peel, loops, unroll) with quads = 1 + peel + loops * unroll."""
    if quads <= 8:
        return quads - 1, 0, 1
    unroll = min(range(8, 3, -1), key=lambda u: (quads - 1) % u)
    return (quads - 1) % unroll, (quads - 1) // unroll, unroll


def _stream(op: Conv2D, dsp: DspStage) -> np.ndarray:
    """uint32: for each pair of output channels two starts, depth/4 quads of two words, and the constants of its end."""
    channels, half = len(op.weights), dsp.depth // 2
    weights = np.zeros((channels, dsp.depth), np.int64)
    flat = op.weights.reshape(channels, -1)
    weights[:, : flat.shape[1]] = flat
    weights &= 0xFF
    even, odd = weights[:, 0:half:2], weights[:, 1:half:2]
    even_high, odd_high = weights[:, half::2], weights[:, half + 1 :: 2]
    words = even | odd << 8 | even_high << 16 | odd_high << 24
    epilogue = dsp.epilogue
    tail = {
        "fitted": [epilogue.multiplier],
        "fitted_addend": [epilogue.multiplier, epilogue.addend],
        "signed": [epilogue.multiplier, epilogue.addend, epilogue.shift],
    }[epilogue.form]
    ends = np.stack(tail, axis=1)
    pairs = channels // 2
    stream = np.concatenate(
        [
            epilogue.start.reshape(pairs, 2),
            words.reshape(pairs, 2, -1).transpose(0, 2, 1).reshape(pairs, -1),
            ends.reshape(pairs, -1),
        ],
        axis=1,
    )
    return (stream & 0xFFFFFFFF).astype(np.uint32).reshape(-1)
