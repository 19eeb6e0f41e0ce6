"""Matrix and depthwise stages on cores with Helium, Arm's vector instructions: which stages take its kernels.

All rows that those read and write are interleaved: [x][channel]. The matrix kernel sums 16 values of a column with one
instruction (VMLADAVA), for two pixels and four output channels at a time; the depthwise kernel takes four channels of
three outputs. Columns are int8 values, [pixel][value], and where a pointwise convolution reads such a row, the row
itself. Requantization is done for four channels at a time, in the forms of `epilogue.py` that a vector instruction
computes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.stage import Stage

INLINE_VALUES = 32
"""Rows of a window up to this long are copied without a loop."""

_FORMS = ("rounded", "rounded_signed", "truncated")
_CHANNELS = 4
_LARGEST_DEPTH = 8192
_COLUMNS_BYTES = 1600


@dataclass(frozen=True)
class HeliumStage:
    """depth: values of a column. parts: how often a row's block of columns is filled. direct: the input's row is the
    columns."""

    depth: int
    parts: int
    direct: bool

    def columns_bytes(self, width: int) -> int:
        """Bytes of the block of columns for output rows of this width."""
        return 0 if self.direct else self.depth * (width // self.parts)


def plan_helium_stages(stages: Sequence[Stage], epilogues: Mapping[str, Epilogue]) -> list[HeliumStage | None]:
    """The kernel of each stage, None where it stays with another kernel. epilogues: by operator."""
    kernels = [_plan(stage, epilogues) for stage in stages]
    # A tensor has one layout, so the depthwise convolutions that read it take these kernels together or not at all.
    while True:
        planar = {
            stage.inputs[0].name
            for stage, kernel in zip(stages, kernels, strict=True)
            if kernel is None and isinstance(stage.first, DepthwiseConv2D)
        }
        left = [
            None if stage.inputs[0].name in planar else kernel for stage, kernel in zip(stages, kernels, strict=True)
        ]
        if left == kernels:
            return left
        kernels = left


def _plan(stage: Stage, epilogues: Mapping[str, Epilogue]) -> HeliumStage | None:
    op, source = stage.last, stage.inputs[0]
    if not isinstance(op, Conv2D) or len(op.weights) % _CHANNELS or epilogues[op.name].form not in _FORMS:
        return None
    depth, width = op.weights[0].size, stage.output.width
    if depth > _LARGEST_DEPTH:
        return None
    if isinstance(stage.first, DepthwiseConv2D):
        return HeliumStage(depth, 1, direct=False) if _takes_depthwise(stage, stage.first, epilogues) else None
    if source.dtype != "int8":
        return None
    if op.is_pointwise:
        return HeliumStage(depth, 1, direct=True)
    divisors = (p for p in range(1, width + 1) if width % p == 0)
    parts = next(p for p in divisors if p == width or depth * width // p <= _COLUMNS_BYTES)
    return HeliumStage(depth, parts, direct=False)


def _takes_depthwise(stage: Stage, op: DepthwiseConv2D, epilogues: Mapping[str, Epilogue]) -> bool:
    source, window, epilogue = stage.inputs[0], op.window, epilogues[op.name]
    # Columns are int8.
    if epilogue.form not in _FORMS or epilogue.maximum > 127:
        return False
    if window.kernel != (3, 3) or op.depth_multiplier != 1 or source.channels % _CHANNELS:
        return False
    if source.zero_point != 0 or source.dtype != "uint8" or window.stride[1] > 2:
        return False
    top, _, left, _ = window.padding
    last = (stage.output.width - 1) * window.stride[1] - left
    # The middle row of every window lies in the image, and so does a column of it.
    below = (stage.output.height - 1) * window.stride[0] - top + 1
    return top <= 1 and below < source.height and left <= 1 and last + 1 < source.width
