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

from mcugen.ir import DepthwiseConv2D, Graph, Operator
from mcugen.kernels.family import ColumnSource, Family, Kernel, Request, Yardstick
from mcugen.kernels.refusals import DEPTHWISE_ALONE, UINT8_INPUT, WIDE_WEIGHTS, refused_depth, refused_input
from mcugen.kernels.shapes import fewest_fills
from mcugen.plan.buffer import Layout
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.stage import Stage

INLINE_VALUES = 32
"""Rows of a window up to this long are copied without a loop."""

_FORMS = ("rounded", "rounded_signed", "truncated")
_CHANNELS = 4
_LARGEST_DEPTH = 8192
_PLANAR = "a depthwise convolution that it has no kernel for reads the same input, row by row of a channel"


@dataclass(frozen=True)
class HeliumKernel(Kernel):
    """depth: values of a column. fills: how often a row's block of columns is filled. direct: the input's row is the
    columns. remark: see `Kernel`."""

    family: ClassVar[str] = "helium"
    depth: int
    fills: int
    direct: bool
    remark: str = ""

    @property
    def blocking(self) -> str:
        """Channels by pixels."""
        return f"4 channels x 2 pixels, 16 of {self.depth} values a step"

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
            stage.inputs[0].name
            for stage, answer in zip(request.stages, answers, strict=True)
            if isinstance(answer, str) and stage.depthwise is not None
        }
        left = [
            _PLANAR if not isinstance(answer, str) and stage.inputs[0].name in planar else answer
            for stage, answer in zip(request.stages, answers, strict=True)
        ]
        if left == answers:
            return left
        answers = left


def _kernel(stage: Stage, epilogues: Mapping[str, Epilogue], graph: Graph) -> HeliumKernel | str:
    """The kernel, or why there is none."""
    op, depthwise, source = stage.matrix, stage.depthwise, stage.inputs[0]
    if op is None:
        return DEPTHWISE_ALONE
    if op.has_wide_weights or (depthwise is not None and depthwise.has_wide_weights):
        return WIDE_WEIGHTS
    if len(op.weights) % _CHANNELS:
        return f"{len(op.weights)} output channels are no multiple of {_CHANNELS}"
    if epilogues[op.name].form not in _FORMS:
        return f"its requantization needs the form {epilogues[op.name].form}, which vectors do not compute"
    depth, width = op.weights[0].size, stage.output.width
    if refused := refused_depth(depth, _LARGEST_DEPTH):
        return refused
    if depthwise is not None:
        return _refused_depthwise(stage, depthwise, epilogues, graph) or HeliumKernel(depth, 1, direct=False)
    if source.dtype != "int8":
        return UINT8_INPUT
    if op.is_pointwise:
        return HeliumKernel(depth, 1, direct=True)
    return HeliumKernel(depth, fewest_fills(width, 1, depth) or width, direct=False)


def _refused_depthwise(stage: Stage, op: DepthwiseConv2D, epilogues: Mapping[str, Epilogue], graph: Graph) -> str:
    """Why the kernel does not take the stage's depthwise convolution, "" where it does."""
    source, window, epilogue = stage.inputs[0], op.window, epilogues[op.name]
    if epilogue.form not in _FORMS:
        return f"the depthwise requantization needs the form {epilogue.form}, which vectors do not compute"
    if epilogue.maximum > 127:
        return "its depthwise output is stored as uint8; columns are int8"
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
