"""Instances of the DSP kernels: one for all stages that can share it, and what each stage passes to it."""

from __future__ import annotations

from typing import Any

from mcugen.codegen.views import StageContext
from mcugen.ir import DepthwiseConv2D
from mcugen.kernels.dsp.depthwise_kernels import depthwise
from mcugen.kernels.dsp.first_convolution import first_convolution
from mcugen.kernels.dsp.matrix import matrix
from mcugen.kernels.dsp.matrix_eight import matrix_eight
from mcugen.kernels.dsp.matrix_four import matrix_four
from mcugen.kernels.dsp.matrix_pixel import matrix_pixel
from mcugen.kernels.dsp.one_pixel import OnePixelKernel
from mcugen.kernels.dsp.select import DspKernel
from mcugen.kernels.dsp.shapes import (
    DspDepthwise,
    DspFirst,
    DspMatrix,
    DspMatrixEight,
    DspMatrixFour,
    DspMatrixPixel,
    DspShape,
    pair_bytes,
)
from mcugen.kernels.dsp.tiling import Tiling, loop_turns, stand_together, written_pixels
from mcugen.kernels.dsp.unrolling import eight_unrolling, pixel_unrolling
from mcugen.kernels.instances import AssembledInstance, Instance, shape_words
from mcugen.plan.plan import StagePlan


def matrix_kernel(
    context: StageContext, plan: StagePlan, dsp: DspKernel, out: dict[str, Any], comment: str
) -> dict[str, Any]:
    """function, and what a stage's matrix kernel is given; rest: the same for the tiles of two at the end of its row,
    and where they begin in columns and row, None where there are none. others: bytes of the output before the pairs of
    channels that alternate with the first ones, for which the function is called once more; None where none do."""
    tiling, others = dsp.tiling, None
    if dsp.four and tiling.tile_pixels != 2:
        others = 2 * out["channel_stride"]
    if not tiling.twos:
        return {**_matrix(context, plan, dsp, out, comment, tiling), "rest": None, "others": others}
    rest = Tiling(tiling.twos, 2)
    return {
        **_matrix(context, plan, dsp, out, comment, Tiling(tiling.first, tiling.tile_pixels)),
        "others": others,
        "rest": {
            **_matrix(context, plan, dsp, out, comment, rest, "_rest"),
            "columns": 2 * dsp.depth * tiling.first,
            "row": out["x_stride"] * tiling.first,
        },
    }


def _matrix(
    context: StageContext,
    plan: StagePlan,
    dsp: DspKernel,
    out: dict[str, Any],
    comment: str,
    tiling: Tiling,
    suffix: str = "",
) -> dict[str, Any]:
    op = plan.stage.matrix
    assert op is not None
    form, shift = dsp.epilogue.form, dsp.epilogue.common_shift
    channels, pixels = len(op.weights), tiling.pixels
    x_stride = out["x_stride"]
    shape: DspShape
    given = [
        (out["channel_stride"], "from channel to channel of the output"),
        (x_stride * pixels, "from the first pixel of a channel's output to behind its last"),
    ]
    if dsp.eight:
        shape = DspMatrixEight(x_stride, _saturate(plan), shift, eight_unrolling(pixels), dsp.plain)
        given += [(16 * pixels, "of the pixels' columns"), (16 * channels, "of the stream")]
    else:
        at_a_time, of = (channels, "")
        if dsp.band is not None and dsp.band.channels is not None:
            at_a_time, of = dsp.band.channels, "'s part that is read at a time"
        stream = pair_bytes(dsp.depth, form) * at_a_time // 2, f"of the stream{of}"
        if dsp.four and tiling.tile_pixels == 2:
            shape = DspMatrixFour(x_stride, form, _saturate(plan), shift, *dsp.four_unrolling)
            given += [(4 + 4 * dsp.depth, "from the begin of four channels to the last word of their weights"), stream]
        else:
            # Pairs are of two channels, or stand between those of two others.
            step, behind = 2 if dsp.four else 1, 4 if dsp.paired else 0
            shape = DspMatrix(
                tiling.tile_pixels, x_stride, form, _saturate(plan), shift, *dsp.unrolling, dsp.paired, dsp.four
            )
            given += [(step * (8 + 2 * dsp.depth - behind), "of a pair of channels to behind its weights"), stream]
    function = f"matrix_{plan.stage.index}{suffix}"
    return {"function": _function(context, function, comment, shape), "shape": _words(given)}


def pixel_kernels(context: StageContext, plan: StagePlan, kernel: OnePixelKernel, comment: str) -> list[dict[str, Any]]:
    """function, shape, and where in the stream and in the output it begins, of the kernel of one pixel, and of the one
    that takes the channels that are left."""
    op, form = plan.stage.matrix, kernel.epilogue.form
    assert op is not None
    tail, peel, loop = pixel_unrolling(kernel.depth)
    found, words, output = [], 0, 0
    for suffix, rows, times in kernel.functions(len(op.weights)):
        shape = DspMatrixPixel(rows, form, _saturate(plan), kernel.epilogue.common_shift, tail, peel, loop)
        stream = shape.stream_words(kernel.depth) * times
        given = [
            (4 * shape.words(4) * (kernel.depth // 4), "of the weights of whole quads of the column"),
            (4 * stream, "of the stream"),
        ]
        function = _function(context, f"matrix_{plan.stage.index}{suffix}", comment, shape)
        found.append({"function": function, "shape": _words(given), "stream": words, "output": output})
        words, output = words + stream, output + rows * times
    return found


def first_kernel(
    context: StageContext, plan: StagePlan, dsp: DspKernel, out: dict[str, Any], comment: str
) -> dict[str, Any]:
    """function of the first convolution's kernel."""
    first = dsp.first
    assert first is not None
    shape = DspFirst(
        first.channels,
        first.halves,
        first.step,
        plan.stage.output.channels,
        out["channel_stride"],
        out["x_stride"],
        _saturate(plan),
        dsp.epilogue.common_shift,
    )
    return {"function": _function(context, f"matrix_{plan.stage.index}", comment, shape)}


def depthwise_kernel(
    context: StageContext, plan: StagePlan, op: DepthwiseConv2D, dsp: DspKernel, shift: int, comment: str
) -> dict[str, Any]:
    """function, and what a stage's depthwise kernel is given."""
    width, outputs, depth, tile = plan.stage.inputs[0].width, plan.stage.output.width, dsp.depth, dsp.tiling.tile_pixels
    if dsp.mixed_depthwise(op):
        return _mixed_depthwise(context, plan, op, dsp, shift, comment)
    if op.window.stride[1] == 2:
        left, odd = op.window.padding[2], outputs % 2 == 1
        together = stand_together(tile, outputs)
        taken = _stride_2_loop_bytes(outputs, together, left)
        # The loop's body is there once more for the last outputs: stages without turns share it with those that have
        # some.
        loop = "LOOP" if taken or (together in (3, 6) and not odd) else "LOOP_NONE"
        shape = DspDepthwise("S2", dsp.compact, dsp.plain, (together, shift, loop, "ODD" if odd else "EVEN", left))
    elif width <= 4:
        taken = 0
        shape = DspDepthwise("S1_SHORT" if width == 3 else "S1_FOUR", dsp.compact, dsp.plain, (shift,))
    else:
        taken = width - 6 + width % 2
        together = 8 if dsp.eight and depth == 8 and width % 6 == 0 else stand_together(tile, outputs)
        shape = DspDepthwise(
            "S1", dsp.compact, dsp.plain, (together, shift, "LOOP" if taken else "LOOP_NONE", width % 2)
        )
    to_next_channel = 4 * tile - 2 * depth * outputs
    half_of_table = (8 if dsp.compact else 10) * depth
    given = [
        (2 * depth * tile, f"from {tile} pixels of the columns to the next"),
        (to_next_channel, "from the end of a channel's columns to the begin of the next channel's"),
        (half_of_table, "of the table for half of the channels"),
        (taken, "of an input row that the loop over pixels takes"),
    ]
    return {"function": _function(context, f"depthwise_{plan.stage.index}", comment, shape), "shape": _words(given)}


def _mixed_depthwise(
    context: StageContext, plan: StagePlan, op: DepthwiseConv2D, dsp: DspKernel, shift: int, comment: str
) -> dict[str, Any]:
    tiling, depth = dsp.tiling, dsp.depth
    stride, left = op.window.stride[1], op.window.padding[2]
    turns = loop_turns(tiling, stride, left)
    written = (written_pixels(tiling, turns), shift, "LOOP" if turns else "LOOP_NONE")
    shape = DspDepthwise(f"S{stride}_MIXED", dsp.compact, dsp.plain, (*written, left) if stride == 2 else written)
    given = [
        (2 * depth * tiling.tile_pixels, "from 3 pixels of the columns to the next"),
        (2 * depth * tiling.first, "from a channel's columns to those in tiles of 2"),
        ((8 if dsp.compact else 10) * depth, "of the table for half of the channels"),
        (6 * stride * turns, "of an input row that the loop over pixels takes"),
        (4 * depth, "from 2 pixels of the columns to the next"),
    ]
    return {"function": _function(context, f"depthwise_{plan.stage.index}", comment, shape), "shape": _words(given)}


def _words(given: list[tuple[int, str]]) -> list[str]:
    """Lines of an initializer of uint32_t, each with what it is in bytes."""
    return shape_words([(value, f"bytes {meaning}") for value, meaning in given])


def _stride_2_loop_bytes(outputs: int, together: int, left: int) -> int:
    """Bytes of an input row that the loop over x takes; what it leaves is in `depthwise_stride_2.py`."""
    pairs = outputs // 2
    if together in (3, 6):
        return 4 * (pairs - (1 if outputs % 2 else 3))
    return 4 * (pairs - (left if outputs % 2 else 1))


def _saturate(plan: StagePlan) -> str:
    return "usat" if plan.stage.output.dtype == "uint8" else "ssat"


def _function(context: StageContext, function: str, comment: str, shape: DspShape) -> str:
    """The function of this shape."""
    return context.instance("dsp", Instance(function, comment, shape)).function


def assembled(instance: Instance) -> AssembledInstance:
    """The instance with its lines, and the call of the portable function."""
    shape: DspShape = instance.shape
    lines = _assembly(shape)
    return AssembledInstance(
        instance.function, instance.comment, shape, shape.parameters, lines, shape.portable, shape.arguments
    )


def _assembly(shape: DspShape) -> tuple[str, ...]:
    if isinstance(shape, DspMatrix):
        return matrix(shape)
    if isinstance(shape, DspMatrixEight):
        return matrix_eight(shape)
    if isinstance(shape, DspMatrixFour):
        return matrix_four(shape)
    if isinstance(shape, DspMatrixPixel):
        return matrix_pixel(shape)
    if isinstance(shape, DspFirst):
        return first_convolution(shape)
    assert isinstance(shape, DspDepthwise)
    return depthwise(shape)
