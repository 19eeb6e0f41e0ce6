"""Loop turns of the kernels for DSP instructions."""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.dsp.first import FirstConvolution
from mcugen.kernels.dsp.select import DspKernel
from mcugen.kernels.portable.work import depthwise, stage_function, taps_inside
from mcugen.plan.part import Part, found_rows, total
from mcugen.plan.plan import Plan, StagePlan
from mcugen.plan.stage import Stage

# Quads of weights that the matrix kernel takes a turn of its loop.
_LOOP_QUADS = 8
# Values of windows whose copying is unrolled.
_UNROLLED_TAPS = 64
_GROUP = 3


def parts(plan: Plan, planned: StagePlan) -> Iterator[Part]:
    """The functions that a stage runs: its own, what makes columns, and the matrix kernel."""
    stage, kernel = planned.stage, planned.kernel
    assert isinstance(kernel, DspKernel)
    assert isinstance(stage.last, Conv2D)
    rows, width, channels = stage.output.height, stage.output.width, len(stage.last.weights)
    if kernel.first is not None:
        yield from _first(plan, stage, stage.last, kernel.first)
        return
    source = stage.inputs[0].name
    if not isinstance(stage.first, DepthwiseConv2D):
        yield stage_function(plan, planned, "dsp stage", {})
        yield _im2col(plan, kernel, stage, stage.last)
    elif kernel.depthwise is None:
        yield stage_function(plan, planned, "dsp stage", {})
        yield depthwise(plan, planned, stage.first, f"columns of {kernel.group}, ")
    else:
        yield stage_function(plan, planned, "dsp stage of rows", {source: 3})
        yield _depthwise(kernel, stage, stage.first)
    yield _matrix(kernel, rows, width, channels)


def _first(plan: Plan, stage: Stage, op: Conv2D, first: FirstConvolution) -> Iterator[Part]:
    """The function that hands windows of the image to the first convolution's kernel, and that."""
    source, output, window = stage.inputs[0], stage.output, op.window
    top = [y * window.stride[0] - window.padding[0] for y in range(output.height)]
    inside = sum(0 <= y <= source.height - window.kernel[0] for y in top)
    outside, edges, groups = output.height - inside, inside * len(first.edges), -(-output.width // _GROUP)
    middle = inside * (first.middle_pixels > 0)
    turns = {
        "call": output.height,
        "inner row": inside,
        "edge": edges,
        "outer row": outside,
        "outer edge": outside * groups,
    }
    found = [found_rows(plan.buffers[source.name], 3 * (middle + edges + outside * groups))]
    found.append(found_rows(plan.buffers[output.name], output.height))
    copies = {"copied edge": edges, "copied outer edge": outside * groups}
    yield Part("stage", "dsp first stage", total([turns, *found]), library=copies)
    calls = middle + edges + outside * groups
    triples = middle * first.middle_pixels // _GROUP + edges + outside * groups
    turns = {"call": calls, "group": triples, "tile": triples * len(op.weights) // 2}
    yield Part("matrix", f"first convolution of {first.channels}", turns)


def _depthwise(dsp: DspKernel, stage: Stage, op: DepthwiseConv2D) -> Part:
    """The depthwise kernel: a row of a channel is a loop over pixels between code for its ends, which differ by stride,
    padding, how many pixels stand together, and whether their number is odd."""
    rows, outputs, width = stage.output.height, stage.output.width, stage.inputs[0].width
    channels, odd, left = rows * op.weights.shape[2], outputs % 2, op.window.padding[2]
    turns: dict[str, float] = {"call": rows, "packed table": channels * dsp.packed}
    together = dsp.group
    if op.window.stride[1] == 2:
        ends = f"{together}{' odd' if odd else ''} padding {left}"
        loop = f"{together} padding {left}"
        # What the loop leaves to the ends.
        rest = (1 if odd else 3) if together == 3 else left if odd else 1
        taken = outputs // 2 - rest
        loops = taken > 0 or (together == 3 and not odd)
    elif width <= 4:
        ends, loop, taken, loops = f"width {width}", "", 0, False
    else:
        together = 8 if dsp.eight and dsp.depth == 8 and width % 6 == 0 else together
        ends = loop = f"{together}"
        taken = (width - 6 + odd) // 2
        loops = taken > 0
        turns["odd row"] = channels * odd
    pairs = 3 if together in (3, 8) else 1
    turns |= {f"row of {ends}": channels, "loop": channels * loops, f"turn of {loop}": channels * taken // pairs}
    return Part("depthwise", f"dsp depthwise stride {op.window.stride[1]}", turns)


def _matrix(dsp: DspKernel, rows: int, width: int, channels: int) -> Part:
    """The matrix kernel, or the one of depth 8."""
    if dsp.eight:
        unrolled = next(n for n in (4, 3, 2, 1) if width // dsp.parts % n == 0)
        pixels = rows * channels * width
        turns: dict[str, float] = {"call": rows * dsp.parts, "channel": rows * dsp.parts * channels}
        return Part("matrix", "dsp matrix of depth 8", turns | {"pixel": pixels, "turn": pixels // unrolled})
    pairs, groups, quads = channels // 2, -(-width // dsp.group), dsp.depth // 4
    calls, tiles = rows * dsp.parts, rows * pairs * groups
    turns = {"call": calls, "pair": calls * pairs, f"tile {dsp.epilogue.form}": tiles, "quad": tiles * quads}
    if quads > _LOOP_QUADS:
        turns["turn"] = tiles * ((quads - 1) // _LOOP_QUADS)
    return Part("matrix", f"dsp matrix of {dsp.group}", turns)


def _im2col(plan: Plan, dsp: DspKernel, stage: Stage, op: Conv2D) -> Part:
    """What copies windows into columns of 16-bit values. Windows that lie in the image are copied by code without a
    loop if they are small; others value by value, with a division to find each one's place."""
    source, output, window = stage.inputs[0], stage.output, op.window
    values, (height, width) = op.weights[0].size, window.kernel
    calls, pixels = output.height * dsp.parts, output.height * output.width
    turns: dict[str, float] = {"call": calls, "pixel": pixels}
    half = dsp.depth // 2
    if op.is_pointwise:
        paired = max(values - half, 0)
        turns |= {"pair": pixels * paired, "single": pixels * (min(half, values) - paired)}
        return Part("im2col", "dsp im2col pointwise", turns, library=found_rows(plan.buffers[source.name], calls))
    top = [y * window.stride[0] - window.padding[0] for y in range(output.height)]
    left = [x * window.stride[1] - window.padding[2] for x in range(output.width)]
    copied = 0
    if values <= _UNROLLED_TAPS:
        inside = sum(0 <= y <= source.height - height for y in top)
        copied = inside * sum(0 <= x <= source.width - width for x in left)
        turns |= {"copied pixel": copied, "copied value": copied * values}
    rest = pixels - copied
    inside = taps_inside(window, source, output) * source.channels - copied * values
    turns |= {
        "kernel row": calls * height,
        "row of a window": rest * height,
        "tap": rest * height * width,
        "value": inside,
        "value outside": rest * values - inside,
    }
    return Part(
        "im2col", f"dsp im2col of {dsp.group}", turns, library=found_rows(plan.buffers[source.name], calls * height)
    )
