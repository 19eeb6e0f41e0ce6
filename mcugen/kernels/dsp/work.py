"""Loop turns of the kernels for DSP instructions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.dsp.first import FirstConvolution
from mcugen.kernels.dsp.one_pixel import OnePixelKernel
from mcugen.kernels.dsp.select import DspKernel
from mcugen.kernels.dsp.shapes import UNROLLED_TAPS
from mcugen.kernels.dsp.tiling import Tiling, filled_pixels, loop_turns, stand_together, written_pixels
from mcugen.kernels.dsp.unrolling import eight_unrolling, pixel_unrolling
from mcugen.kernels.dsp.windows import copied_runs, copied_words
from mcugen.kernels.portable.depthwise_work import depthwise
from mcugen.kernels.portable.work import around_one_pixel, of_channels, stage_function
from mcugen.plan.part import Part, found_rows, total
from mcugen.plan.plan import Plan, StagePlan
from mcugen.plan.stage import Stage


def parts(plan: Plan, planned: StagePlan) -> Iterator[Part]:
    """The functions that a stage runs: its own, what makes columns, and the matrix kernel."""
    stage, kernel = planned.stage, planned.kernel
    if isinstance(kernel, OnePixelKernel):
        yield from _one_pixel(plan, planned, kernel)
        return
    assert isinstance(kernel, DspKernel)
    assert isinstance(stage.last, Conv2D)
    rows, channels = stage.output.height, len(stage.last.weights)
    if kernel.first is not None:
        yield from _first(plan, stage, stage.last, kernel.first)
        return
    source, tiling = stage.inputs[0].name, kernel.tiling
    rest = {"rest": float(rows * kernel.fills)} if tiling.twos else {}
    if tiling.twos and kernel.four:
        rest["alternate pairs"] = float(rows * kernel.fills)
    if not isinstance(stage.first, DepthwiseConv2D):
        yield _with(stage_function(plan, planned, "dsp stage", {}), rest)
        yield (_widened if kernel.plain else _im2col)(plan, kernel, stage, stage.last)
    elif kernel.depthwise is None:
        yield _with(stage_function(plan, planned, "dsp stage", {}), rest)
        yield depthwise(plan, planned, stage.first, lambda outputs: _columns(tiling, outputs))
    else:
        yield _with(stage_function(plan, planned, "dsp stage of rows", {source: 3}), rest)
        yield _depthwise(kernel, stage, stage.first)
    for function, tiles in (
        ("matrix", Tiling(tiling.first, tiling.tile_pixels)),
        *([("matrix_rest", Tiling(tiling.twos, 2))] if tiling.twos else []),
    ):
        four = kernel.four and tiles.tile_pixels == 2
        yield (_four if four else _matrix)(function, kernel, tiles, rows, channels)


def _columns(tiling: Tiling, outputs: range) -> tuple[str, str]:
    """The columns of a loop's outputs, and how many tiles these are in: in one of them there is nothing to divide."""
    name, tile = f"columns of {tiling.text}", tiling.tile_pixels
    if tiling.twos:
        return name, ", one triple" * (tiling.first == tile) + ", two pairs" * (tiling.twos > 2)
    return name, ", one tile" * (tile > 1 and outputs[0] // tile == outputs[-1] // tile)


def _one_pixel(plan: Plan, planned: StagePlan, kernel: OnePixelKernel) -> Iterator[Part]:
    """The function of a stage of one pixel, what makes its column, and the matrix kernels for it."""
    yield from around_one_pixel(plan, planned, kernel, "dsp stage of one pixel")
    for suffix, rows, times in kernel.functions(planned.stage.output.channels):
        yield _pixel(f"matrix{suffix}", kernel, rows, times)


def _pixel(function: str, kernel: OnePixelKernel, rows: int, tiles: int) -> Part:
    """A matrix kernel of one pixel."""
    tail, peel, loop = pixel_unrolling(kernel.depth)
    quads = kernel.depth // 4
    turns: dict[str, float] = {"call": 1, f"tile {kernel.epilogue.form}": tiles, "quad": tiles * quads}
    if loop:
        turns |= {"loop": tiles, "turn": tiles * ((quads - peel) // loop)}
    if tail:
        turns[f"tail of {tail}"] = tiles
    return Part(function, f"dsp matrix of one pixel by {rows}", turns, weight_reads=1, weight_load_bytes=4)


def _with(part: Part, turns: dict[str, float]) -> Part:
    """The part with these turns besides."""
    return replace(part, turns={**part.turns, **turns})


def _first(plan: Plan, stage: Stage, op: Conv2D, first: FirstConvolution) -> Iterator[Part]:
    """The function that hands windows of the image to the first convolution's kernel, and that."""
    source, output, window = stage.inputs[0], stage.output, op.window
    top = [y * window.stride[0] - window.padding[0] for y in range(output.height)]
    inside = sum(0 <= y <= source.height - window.kernel[0] for y in top)
    outside, edges, row_tiles = output.height - inside, inside * len(first.edges), -(-output.width // first.tile_pixels)
    middle = inside * (first.middle_pixels > 0)
    turns = {
        "call": output.height,
        "inner row": inside,
        "edge": edges,
        "outer row": outside,
        "outer edge": outside * row_tiles,
    }
    found = [found_rows(plan.buffers[source.name], 3 * (middle + edges + outside * row_tiles))]
    found.append(found_rows(plan.buffers[output.name], output.height))
    copies = {"copied edge": edges, "copied outer edge": outside * row_tiles}
    yield Part("stage", "dsp first stage", total([turns, *found]), library=copies)
    calls = middle + edges + outside * row_tiles
    tiles = middle * first.middle_pixels // first.tile_pixels + edges + outside * row_tiles
    turns = {"call": calls, "tile": tiles, "two channels": tiles * len(op.weights) // 2}
    yield Part(
        "matrix",
        f"first convolution of {first.channels}",
        turns,
        weight_reads=tiles,
        weight_load_bytes=4,
    )


def _depthwise(dsp: DspKernel, stage: Stage, op: DepthwiseConv2D) -> Part:
    """The depthwise kernel: a row of a channel is a loop over pixels between code for its ends, which differ by stride,
    padding, how many pixels stand together, and whether their number is odd."""
    rows, outputs, width = stage.output.height, stage.output.width, stage.inputs[0].width
    channels, odd, left = rows * op.weights.shape[2], outputs % 2, op.window.padding[2]
    turns: dict[str, float] = {"call": rows, "compact table": channels * dsp.compact}
    together = stand_together(dsp.tiling.tile_pixels, outputs)
    if dsp.mixed_depthwise(op):
        turns["call of mixed"] = rows
        taken = loop_turns(dsp.tiling, op.window.stride[1], left)
        ends = f"{written_pixels(dsp.tiling, taken)} mixed{f' padding {left}' if op.window.stride[1] == 2 else ''}"
        loop, loops, pairs = f"3 mixed{f' padding {left}' if op.window.stride[1] == 2 else ''}", taken > 0, 1
    elif op.window.stride[1] == 2:
        ends = f"{together}{' odd' if odd else ''} padding {left}"
        loop = f"{together} padding {left}"
        # What the loop leaves to the ends.
        rest = (1 if odd else 3) if together in (3, 6) else left if odd else 1
        taken = outputs // 2 - rest
        loops = taken > 0 or (together in (3, 6) and not odd)
        pairs = 3 if together in (3, 6) else 1
    elif width <= 4:
        ends, loop, taken, loops, pairs = f"width {width}", "", 0, False, 1
    else:
        together = 8 if dsp.eight and dsp.depth == 8 and width % 6 == 0 else together
        ends = loop = f"{together}"
        taken = (width - 6 + odd) // 2
        loops = taken > 0
        turns["odd row"] = channels * odd
        pairs = 3 if together in (3, 6, 8) else 1
    turns |= {f"row of {ends}": channels, "loop": channels * loops, f"turn of {loop}": channels * taken // pairs}
    return Part(
        "depthwise",
        f"dsp depthwise stride {op.window.stride[1]}",
        turns,
        weight_reads=rows,
        weight_load_bytes=4,
    )


def _matrix(function: str, dsp: DspKernel, tiling: Tiling, rows: int, channels: int) -> Part:
    """A matrix kernel for tiles that are alike, or the one of depth 8."""
    calls = rows * dsp.fills
    if dsp.eight:
        pixels = calls * channels * tiling.pixels
        turns: dict[str, float] = {
            "call": calls,
            "channel": calls * channels,
            "plain channel": calls * channels * dsp.plain,
        }
        turns |= {"pixel": pixels, "turn": pixels // eight_unrolling(tiling.pixels)}
        return Part(function, "dsp matrix of depth 8", turns, weight_reads=calls, weight_load_bytes=4)
    pairs, quads = channels // 2, dsp.depth // 4
    row_tiles = tiling.pixels // tiling.tile_pixels
    tiles = calls * pairs * row_tiles
    # Of pairs that alternate a call takes every other one.
    walks = calls * (2 if dsp.four else 1)
    turns = {
        "call": walks * dsp.parts(channels),
        "pair": calls * pairs,
        f"tile {dsp.epilogue.form}": tiles,
        "quad": tiles * quads,
    }
    peel, loop = dsp.unrolling
    if loop:
        turns["turn"] = tiles * ((quads - 1 - peel) // loop)
    kind = " in alternate pairs" if dsp.four else " in pairs" if dsp.paired else ""
    return Part(
        function,
        f"dsp matrix of {tiling.tile_pixels}{kind}",
        turns,
        weight_reads=calls * row_tiles,
        weight_walks=walks,
        weight_load_bytes=4,
        weight_chunks=pairs,
    )


def _four(function: str, dsp: DspKernel, tiling: Tiling, rows: int, channels: int) -> Part:
    """A matrix kernel of four channels by two pixels."""
    calls, quads = rows * dsp.fills, dsp.depth // 4
    tiles = calls * (channels // 4) * (tiling.pixels // 2)
    turns: dict[str, float] = {
        "call": calls * dsp.parts(channels),
        "four channels": calls * (channels // 4),
        f"tile {dsp.epilogue.form}": tiles,
        "quad": tiles * quads,
    }
    peel, loop = dsp.four_unrolling
    if loop:
        turns["turn"] = tiles * ((quads - 1 - peel) // loop)
    return Part(
        function,
        "dsp matrix of four channels",
        turns,
        weight_reads=calls * (tiling.pixels // 2),
        weight_walks=calls,
        weight_load_bytes=4,
        weight_chunks=channels // 4,
    )


def _widened(plan: Plan, dsp: DspKernel, stage: Stage, op: Conv2D) -> Part:
    """What copies windows into plain columns: four values at a time where they stand so in memory, others one by one.
    Small windows that lie in the image are copied by code without a loop."""
    source, output, window = stage.inputs[0], stage.output, op.window
    values, (height, width) = op.weights[0].size, window.kernel
    filled = filled_pixels(output.width, dsp.tiling, dsp.fills)
    calls, pixels = output.height * dsp.fills, output.height * len(filled)
    buffer = plan.buffers[source.name]
    words = copied_words(op, buffer)
    turns: dict[str, float] = {"call": calls, "pixel": pixels}
    mixed = " of 3 and 2" if dsp.tiling.twos else ""
    # Compilers leave the loop out where all words of a row are copied in one turn.
    loop = "only turn" if words.row == 4 * words.unrolled else "turn"
    if op.reads_single_pixels:
        turns |= {"word": pixels * words.row // 4, loop: pixels * words.row // (4 * words.unrolled)}
        turns["copied value"] = pixels * (values - words.row)
        alike = "dsp widening pointwise"
        return Part("im2col", f"{alike}{mixed}", turns, (alike,), library=found_rows(buffer, calls))
    top = [y * window.stride[0] - window.padding[0] for y in range(output.height)]
    left = [x * window.stride[1] - window.padding[2] for x in filled]
    copied = 0
    if words.row or values <= UNROLLED_TAPS:
        inside = sum(0 <= y <= source.height - height for y in top)
        copied = inside * sum(0 <= x <= source.width - width for x in left)
    rest = pixels - copied
    # Compilers write the loop over the channels of a tap out where these are few, or one word.
    few = " of one word" if words.pixel and op.weights.shape[3] == 4 else of_channels(op.weights.shape[3])
    turns |= {"copied pixel": copied, "kernel row": calls * height, f"tap{few}": rest * height * width}
    if words.row:
        turns |= {"word": copied * values // 4, loop: copied * values // (4 * words.unrolled)}
        turns["copied row"] = copied * height * (loop == "turn")
    else:
        turns["copied value"] = copied * values
    if words.pixel:
        turns["word of taps"] = rest * values // 4
    else:
        turns[f"value{few}"] = rest * values * (op.weights.shape[3] > 1)
    alike = "dsp widening"
    return Part("im2col", f"{alike}{mixed}", turns, (alike,), found_rows(buffer, calls * height))


def _im2col(plan: Plan, dsp: DspKernel, stage: Stage, op: Conv2D) -> Part:
    """What copies windows into columns of 16-bit values. Windows that lie in the image are copied by code without a
    loop if they are small, and word by word where a row of theirs is one of memory; others value by value."""
    source, output, window = stage.inputs[0], stage.output, op.window
    values, (height, width) = op.weights[0].size, window.kernel
    filled = filled_pixels(output.width, dsp.tiling, dsp.fills)
    calls, pixels = output.height * dsp.fills, output.height * len(filled)
    turns: dict[str, float] = {"call": calls, "pixel": pixels}
    half = dsp.depth // 2
    if op.reads_single_pixels:
        paired = max(values - half, 0)
        turns |= {"pair": pixels * paired, "single": pixels * (min(half, values) - paired)}
        alike = "dsp im2col pointwise"
        kind, like = (f"{alike} of 3 and 2", (alike,)) if dsp.tiling.twos else (alike, ())
        return Part("im2col", kind, turns, like, library=found_rows(plan.buffers[source.name], calls))
    top = [y * window.stride[0] - window.padding[0] for y in range(output.height)]
    left = [x * window.stride[1] - window.padding[2] for x in filled]
    runs = copied_runs(op, dsp.depth, plan.buffers[source.name])
    copied = 0
    if runs or values <= UNROLLED_TAPS:
        inside = sum(0 <= y <= source.height - height for y in top)
        copied = inside * sum(0 <= x <= source.width - width for x in left)
    turns |= {"copied pixel": copied, "copied value": copied * values * (not runs), "run": copied * len(runs)}
    for run in runs:
        loop = f"{run.unrolled} copied words{'' if run.high else ' of single values'}"
        turns[loop] = turns.get(loop, 0) + copied * (run.words // run.unrolled)
    rest = pixels - copied
    few = of_channels(op.weights.shape[3])
    turns |= {"kernel row": calls * height, f"tap{few}": rest * height * width}
    turns[f"value{few}"] = rest * values * (op.weights.shape[3] > 1)
    kind, like = f"dsp im2col of {dsp.tiling.text}", ("dsp im2col of 3",) if dsp.tiling.twos else ()
    return Part("im2col", kind, turns, like, found_rows(plan.buffers[source.name], calls * height))
