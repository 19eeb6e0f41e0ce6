"""Matrix and depthwise stages on cores with Helium, Arm's vector instructions: which stages take its kernels.

All rows that those read and write are interleaved: [x][channel]. The matrix kernel sums 16 values of a column with one
instruction (VMLADAVA), for two pixels and four output channels at a time; the depthwise kernel takes four channels of
three outputs, or eight of two. Columns are int8 values, [pixel][value], and where a pointwise convolution reads such a
row, the row itself. Requantization is done for four channels at a time, in the forms of `epilogue.py` that a vector
instruction computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mcugen.ir import Conv2D, DepthwiseConv2D, Graph, Operator
from mcugen.kernels.family import ColumnSource, Description, Family, Kernel, Placed, Request, Yardstick
from mcugen.kernels.helium.described import (
    KEPT_WEIGHTS,
    TILES,
    WIDE_TILES,
    described_matrix,
    refused_kept_weights,
    refused_wide,
)
from mcugen.kernels.helium.shapes import End, HeliumDepthwise, HeliumMatrix
from mcugen.kernels.refusals import (
    DEPTHWISE,
    UINT8_INPUT,
    WIDE_WEIGHTS,
    named,
    refused_alone,
    refused_depth,
    refused_input,
    refused_weights,
)
from mcugen.kernels.shapes import fewest_fills
from mcugen.plan.buffer import Buffer, Layout
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.stage import Stage
from mcugen.schemas.kernels import BetterKernel

INLINE_VALUES = 32
"""Rows of a window up to this long are copied without a loop."""

_FORMS = ("rounded", "rounded_signed", "truncated")
_CHANNELS = 4
_LARGEST_DEPTH = 8192


@dataclass(frozen=True)
class HeliumKernel(Kernel):
    """depth: values of a column. fills: how often a row's block of columns is filled. direct: the input's row is the
    columns."""

    family: ClassVar[str] = "helium"
    depth: int
    fills: int
    direct: bool

    def describe(self, placed: Placed) -> Description:
        """By the shapes that its functions are written for."""
        stage, epilogues = placed.stage, placed.epilogues
        op, depthwise = stage.matrix, stage.depthwise
        assert op is not None
        shape = self.matrix_shape(stage, op, placed.buffers[stage.output.name], epilogues[op.name])
        better = [BetterKernel(KEPT_WEIGHTS, refused)] if (refused := refused_kept_weights(shape)) else []
        name, blocking = described_matrix(shape)
        if depthwise is None:
            return Description(name, blocking, better=tuple(better))
        columns = HeliumDepthwise.of(stage, depthwise, epilogues[depthwise.name])
        better += [BetterKernel(f"depthwise: {WIDE_TILES}", refused)] if (refused := refused_wide(columns)) else []
        return Description(name, blocking, WIDE_TILES if columns.is_wide else TILES, better=tuple(better))

    def matrix_shape(self, stage: Stage, op: Conv2D, output: Buffer, epilogue: Epilogue) -> HeliumMatrix:
        """What its matrix function is written for. output: where the stage's output lies."""
        pixels, strides = stage.output.width // self.fills, (output.channel_stride, output.x_stride)
        return HeliumMatrix(self.depth, len(op.weights), pixels, *strides, End.of(epilogue))

    def column_source(self, stage: Stage, layouts: Mapping[str, Layout], slots: Mapping[str, int]) -> ColumnSource:
        """Pointwise convolutions read the input's row."""
        if stage.depthwise is not None:
            return ColumnSource.DEPTHWISE
        return ColumnSource.DIRECT if self.direct else ColumnSource.IM2COL

    def columns_bytes(self, stage: Stage, source: ColumnSource | None) -> int:
        """None where the input's row is the columns."""
        return 0 if self.direct else self.depth * (stage.output.width // self.fills)

    def form(self, op: Operator, epilogue: Epilogue, *, columns: bool) -> str | None:
        """Portable code's, for four channels at a time."""
        return epilogue.form


def _select(request: Request) -> list[Kernel | str]:
    epilogues = request.epilogues
    answers: list[Kernel | str] = [_kernel(stage, epilogues, request.graph) for stage in request.stages]
    # A tensor has one layout, so the depthwise convolutions that read it take these kernels together or not at all.
    while True:
        planar = {
            stage.inputs[0].name: f"{named(stage.depthwise)}, which it does not take, reads the same input [channel][x]"
            for stage, answer in zip(request.stages, answers, strict=True)
            if isinstance(answer, str) and stage.depthwise is not None
        }
        left = [
            planar.get(stage.inputs[0].name, answer) if not isinstance(answer, str) else answer
            for stage, answer in zip(request.stages, answers, strict=True)
        ]
        if left == answers:
            return left
        answers = left


def _kernel(stage: Stage, epilogues: Mapping[str, Epilogue], graph: Graph) -> HeliumKernel | str:
    """The kernel, or why there is none."""
    op, depthwise, source = stage.matrix, stage.depthwise, stage.inputs[0]
    if op is None:
        return refused_alone(stage, graph)
    if refused := refused_weights(stage, op):
        return refused
    if len(op.weights) % _CHANNELS:
        return f"{len(op.weights)} output channels are no multiple of {_CHANNELS}"
    if epilogues[op.name].form not in _FORMS:
        return f"its requantization needs the form {epilogues[op.name].form}, which vectors do not compute"
    depth, width = op.weights[0].size, stage.output.width
    if refused := refused_depth(depth, _LARGEST_DEPTH):
        return refused
    if depthwise is not None:
        refused = _refused_depthwise(stage, depthwise, epilogues, graph)
        return f"{DEPTHWISE}{refused}" if refused else HeliumKernel(depth, 1, direct=False)
    if source.dtype != "int8":
        return UINT8_INPUT
    if op.is_pointwise:
        return HeliumKernel(depth, 1, direct=True)
    return HeliumKernel(depth, fewest_fills(width, 1, depth) or width, direct=False)


def _refused_depthwise(stage: Stage, op: DepthwiseConv2D, epilogues: Mapping[str, Epilogue], graph: Graph) -> str:
    """Why the kernel does not take the stage's depthwise convolution, "" where it does."""
    source, window, epilogue = stage.inputs[0], op.window, epilogues[op.name]
    if epilogue.form not in _FORMS:
        return f"its requantization needs the form {epilogue.form}, which vectors do not compute"
    if epilogue.maximum > 127:
        return "its output is stored as uint8; columns are int8"
    if op.has_wide_weights:
        return WIDE_WEIGHTS
    if window.kernel != (3, 3):
        return f"windows of {window.kernel[0]}x{window.kernel[1]}, not 3x3"
    if op.depth_multiplier != 1:
        return f"depth multiplier {op.depth_multiplier}, not 1"
    if source.channels % _CHANNELS:
        return f"{source.channels} channels are no multiple of {_CHANNELS}"
    if refused := refused_input(graph, source):
        return refused
    if window.stride[1] > 2:
        return f"stride {window.stride[1]}, more than 2"
    top, _, left, _ = window.padding
    last = (stage.output.width - 1) * window.stride[1] - left
    below = (stage.output.height - 1) * window.stride[0] - top + 1
    if top > 1 or below >= source.height:
        return "a window whose middle row lies outside the image"
    if left > 1 or last + 1 >= source.width:
        return "a window whose middle column lies outside the image"
    return ""


FAMILY = Family("helium", "Helium", _select, interleaved=True, yardstick=Yardstick("VMLADAVA", 16, 16))
