"""Loop turns of the kernels for DSP instructions."""

from __future__ import annotations

from mcugen.ir import DepthwiseConv2D
from mcugen.kernels.dsp.first import FirstConvolution
from mcugen.kernels.dsp.select import DspStage
from mcugen.plan.part import Part

# Quads of weights that the matrix kernel takes a turn of its loop.
_LOOP_QUADS = 8
_GROUP = 3


def dsp_first_stage(first: FirstConvolution, rows: int) -> Part:
    """The function that hands windows of the image to the first convolution's kernel."""
    turns = {"call": rows, "edge": rows * len(first.edges), "edge byte": rows * len(first.edges) * first.edge_bytes}
    return Part("stage", "dsp first stage", turns)


def dsp_depthwise(dsp: DspStage, op: DepthwiseConv2D, rows: int, width: int, channels: int) -> Part:
    """The depthwise kernel: its code differs by stride, padding, short rows and the form of its table."""
    short = {3: " of 3", 4: " of 4"}.get(width, "") if op.window.stride[1] == 1 else ""
    odd = " odd" if width % 2 and not short else ""
    table = " packed" if dsp.packed else ""
    kind = f"dsp depthwise{table} stride {op.window.stride[1]} padding {op.window.padding[2]}{short}{odd}"
    turns = {"call": rows, "channel": rows * channels, "pixel": rows * channels * width}
    return Part("depthwise", kind, turns)


def dsp_matrix(dsp: DspStage, rows: int, width: int, channels: int) -> Part:
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
