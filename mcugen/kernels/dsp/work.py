"""Loop turns of the kernels for DSP instructions."""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.dsp.first import FirstConvolution
from mcugen.kernels.dsp.select import DspKernel
from mcugen.kernels.portable.work import depthwise, im2col, stage_function
from mcugen.plan.part import Part
from mcugen.plan.plan import Plan, StagePlan

# Quads of weights that the matrix kernel takes a turn of its loop.
_LOOP_QUADS = 8
_GROUP = 3


def parts(plan: Plan, planned: StagePlan) -> Iterator[Part]:
    """The functions that a stage runs: its own, what makes columns, and the matrix kernel."""
    stage, kernel = planned.stage, planned.kernel
    assert isinstance(kernel, DspKernel)
    assert isinstance(stage.last, Conv2D)
    rows, width, channels = stage.output.height, stage.output.width, len(stage.last.weights)
    if kernel.first is not None:
        yield _first_stage(kernel.first, rows)
    else:
        yield stage_function(planned, "dsp stage")
        if not isinstance(stage.first, DepthwiseConv2D):
            yield im2col(planned, stage.last, "dsp im2col")
        elif kernel.depthwise is None:
            yield depthwise(planned, stage.first, "columns ")
        else:
            yield _depthwise(kernel, stage.first, rows, width, stage.first.weights.shape[2])
    yield _matrix(kernel, rows, width, channels)


def _first_stage(first: FirstConvolution, rows: int) -> Part:
    """The function that hands windows of the image to the first convolution's kernel."""
    turns = {"call": rows, "edge": rows * len(first.edges), "edge byte": rows * len(first.edges) * first.edge_bytes}
    return Part("stage", "dsp first stage", turns)


def _depthwise(dsp: DspKernel, op: DepthwiseConv2D, rows: int, width: int, channels: int) -> Part:
    """The depthwise kernel: its code differs by stride, padding, short rows and the form of its table."""
    short = {3: " of 3", 4: " of 4"}.get(width, "") if op.window.stride[1] == 1 else ""
    odd = " odd" if width % 2 and not short else ""
    shape = f"stride {op.window.stride[1]} padding {op.window.padding[2]}{short}{odd}"
    kinds = [f"dsp depthwise{table} {shape}" for table in ("", " packed")]
    # The loops are the same with either table.
    kind, other = reversed(kinds) if dsp.packed else kinds
    turns = {"call": rows, "channel": rows * channels, "pixel": rows * channels * width}
    return Part("depthwise", kind, turns, like=(other,))


def _matrix(dsp: DspKernel, rows: int, width: int, channels: int) -> Part:
    """The matrix kernel, the one of depth 8, or the first convolution's."""
    pairs, groups, quads = channels // 2, -(-width // dsp.group), dsp.depth // 4
    tiles = rows * pairs * groups
    if dsp.first is not None:
        calls = rows * (1 + len(dsp.first.edges))
        turns = {"call": calls, "group": rows * -(-width // _GROUP), "tile": rows * pairs * -(-width // _GROUP)}
        return Part("matrix", f"first convolution of {dsp.first.channels}", turns)
    if dsp.eight:
        turns = {"call": rows, "channel": rows * channels, "pixel": rows * channels * width}
        return Part("matrix", "dsp matrix of depth 8", turns)
    calls = rows * dsp.parts
    turns = {"call": calls, "pair": calls * pairs, "tile": tiles, "quad": tiles * quads}
    if quads > _LOOP_QUADS:
        turns["turn"] = tiles * ((quads - 1) // _LOOP_QUADS)
    return Part("matrix", f"dsp matrix of {dsp.group} {dsp.epilogue.form}", turns)
