"""Loop turns of the kernels for DSP instructions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.ir.library_calls import COPY
from mcugen.kernels.dsp.first import FirstConvolution
from mcugen.kernels.dsp.one_pixel import OnePixelKernel
from mcugen.kernels.dsp.select import DspKernel
from mcugen.kernels.dsp.tiling import Tiling, loop_turns, stand_together, written_pixels
from mcugen.kernels.dsp.unrolling import eight_unrolling, pixel_unrolling
from mcugen.kernels.dsp.window_work import copied_windows
from mcugen.kernels.portable.depthwise_work import depthwise
from mcugen.kernels.portable.work import around_one_pixel, stage_function
from mcugen.plan.part import RING, Part, found_rows
from mcugen.plan.plan import Plan, StagePlan
from mcugen.plan.stage import Stage
from mcugen.powers import is_power_of_two


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
        yield copied_windows(plan, kernel, stage, stage.last)
    elif kernel.depthwise is None:
        yield _with(stage_function(plan, planned, "dsp stage", {}), rest)
        # A loop over larger windows is so long that a multiplication is nothing in it.
        depth = kernel.depth if stage.first.window.kernel == (3, 3) else 0
        yield depthwise(plan, planned, stage.first, lambda outputs: _columns(tiling, depth, outputs), kernel.depth)
    else:
        yield _with(stage_function(plan, planned, "dsp stage of rows", {source: 3}), rest)
        yield _depthwise(kernel, stage, stage.first)
    for function, tiles in (
        ("matrix", Tiling(tiling.first, tiling.tile_pixels)),
        *([("matrix_rest", Tiling(tiling.twos, 2))] if tiling.twos else []),
    ):
        four = kernel.four and tiles.tile_pixels == 2
        yield (_four if four else _matrix)(function, kernel, tiles, rows, channels)


def _columns(tiling: Tiling, depth: int, outputs: range) -> tuple[str, str]:
    """The columns of a loop's outputs, and how many tiles these are in: in one of them there is nothing to divide, and
    a depth of 2^n takes no multiplication. depth: of a column, 0 where that makes no difference."""
    name, tile = f"columns of {tiling.text}", tiling.tile_pixels
    shifted = ", 2^n channels" * (tile == 3 and is_power_of_two(depth))
    if tiling.twos:
        known = ", one triple" * (tiling.first == tile)
        return name, known + (", two pairs" if tiling.twos > 2 else shifted)
    one = tile > 1 and outputs[0] // tile == outputs[-1] // tile
    return name, ", one tile" if one else shifted


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
    # Rows of windows that reach out of the image above or below are copied where they lie in it.
    of_image = sum(0 <= y + r < source.height for y in top for r in range(window.kernel[0])) - inside * window.kernel[0]
    edge = f"edge row of {first.channels} channel{'s' * (first.channels > 1)}"
    rows = {"inner row": middle, edge: 3 * edges, "outer edge row": of_image * row_tiles}
    # Of inner rows three are found in a turn.
    found = found_rows(plan.buffers[source.name], sum(rows.values()) + 2 * middle)
    kept = next((f", {kind}" for kind in found), "")
    turns = {
        "call": output.height,
        "call of a row of edges": inside * (len(first.edges) > 0),
        "row that is asked for": inside * (outside > 0),
        "outer edge": outside * row_tiles,
        # How long finding a row takes depends on where it is kept; beside a copy only a division counts.
        **{f"{row}{kept if row == 'inner row' or RING in kept else ''}": count for row, count in rows.items()},
    }
    library = {**found, f"{COPY} edge": edges, f"{COPY} outer edge": outside * row_tiles}
    own = found_rows(plan.buffers[output.name], output.height)
    yield Part("stage", "dsp first stage", turns | own, library=library)
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
