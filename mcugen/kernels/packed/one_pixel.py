"""Matrix stages of one output pixel on cores without DSP instructions.

No two pixels share a multiplication there, so what a product costs besides it is what is saved: a value of the column
is loaded and widened once for up to eight output channels, whose weights for it stand side by side, and one load brings
eight of those. Sums of all these channels stay in registers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mcugen.ir import Operator
from mcugen.kernels.family import Kernel
from mcugen.kernels.one_pixel import OnePixel
from mcugen.kernels.packed.split_rescaling import SplitRescaling, find_split_rescaling
from mcugen.kernels.refusals import NO_RESCALING, UINT8_INPUT, refused_weights
from mcugen.passes.intervals import Intervals
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.stage import Stage

CORES = ("armv6-m",)
"""Variants of the family that have the kernel."""
_ROWS = (8, 7, 6, 5)
_FEW_WEIGHTS = 1024
_FEW = f"one output pixel of fewer than {_FEW_WEIGHTS:,} weights, where a function of its own saves little"


@dataclass(frozen=True, eq=False)
class PackedOnePixel(OnePixel):
    """rescaling: of the sums. The others: see `OnePixel`."""

    family: ClassVar[str] = "packed"
    most_rows: ClassVar[int] = _ROWS[0]
    rescaling: SplitRescaling
    fills: int = 1

    def form(self, op: Operator, epilogue: Epilogue, *, columns: bool) -> str | None:
        """Of the rescaling; columns are portable code's."""
        return None if columns else self.rescaling.form


def one_pixel_kernel(stage: Stage, intervals: Intervals) -> PackedOnePixel | str:
    """The kernel of a stage of one output pixel, or why there is none."""
    op = stage.matrix
    assert op is not None
    if not stage.is_separable and stage.inputs[0].dtype != "int8":
        return UINT8_INPUT
    if refused := refused_weights(stage, op):
        return refused
    requantization = op.requantization.broadcast(len(op.bias))
    rescaling = find_split_rescaling(requantization, intervals.accumulators[op.name])
    if rescaling is None:
        return NO_RESCALING
    rows, rest = _rows(len(op.weights))
    return PackedOnePixel(op.weights[0].size, rows, rest, rescaling)


def _rows(channels: int) -> tuple[int, int]:
    """Output channels at a time, and how many are left for the last time, for which there is a function more."""
    if channels <= _ROWS[0]:
        return channels, 0
    alike = next((rows for rows in _ROWS if channels % rows == 0), None)
    return (_ROWS[0], channels % _ROWS[0]) if alike is None else (alike, 0)


def worth_their_code(stages: Sequence[Stage], answers: Sequence[Kernel | str]) -> list[Kernel | str]:
    """The answers for stages, but that the kernel of a layer of few weights is refused where none with more of them has
    the same functions."""
    asked = [_functions(answer) for answer in answers]
    large = [stage.matrix is not None and stage.matrix.weights.size >= _FEW_WEIGHTS for stage in stages]
    shared = set().union(*(functions for functions, is_large in zip(asked, large, strict=True) if is_large))
    return [
        _FEW if functions and not is_large and not functions <= shared else answer
        for answer, functions, is_large in zip(answers, asked, large, strict=True)
    ]


def _functions(kernel: Kernel | str) -> set[tuple[int, bool]]:
    """What tells the functions of a kernel of one pixel from others; none of other kernels."""
    if not isinstance(kernel, PackedOnePixel):
        return set()
    return {(rows, kernel.rescaling.drop is not None) for rows in (kernel.rows, kernel.rest) if rows}
