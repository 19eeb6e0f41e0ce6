"""Matrix stages of one output pixel on cores with DSP instructions: dense layers, and pointwise ones of one pixel.

No two pixels share a weight there, so what its loading and widening costs has to be saved at the weights: an output
channel and the next one stand in one word, as low + 256 * high in each half of it (`tables.py`). One SMLAD with the
words as they are gives the sum of both channels' products, low + 256 * high; one with the sign-extended low bytes (one
SXTB16) gives the low channel's, and the difference of the two is the high one's, 256-fold: three instructions instead
of four for four products. Four values of the column are widened for up to four channels at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mcugen.ir import Conv2D, Operator
from mcugen.kernels.dsp.described import NO_END, NOT_ONE_WORD
from mcugen.kernels.dsp.epilogue import MatrixEpilogue, matrix_epilogue
from mcugen.kernels.family import Kernel, Request
from mcugen.kernels.one_pixel import OnePixel
from mcugen.kernels.refusals import UINT8_INPUT, refused_alone, refused_weights
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.stage import Stage

_ROWS = 4
# Up to so many output channels, one kernel for them all is worth more than the fewest loads of columns.
_FEW_CHANNELS = 32


@dataclass(frozen=True, eq=False)
class OnePixelKernel(OnePixel):
    """epilogue: of the sums. The others: see `OnePixel`."""

    family: ClassVar[str] = "dsp"
    most_rows: ClassVar[int] = _ROWS
    epilogue: MatrixEpilogue
    fills: int = 1

    def form(self, op: Operator, epilogue: Epilogue, *, columns: bool) -> str | None:
        """Of a rescaling, or the exact form on sums that are 256-fold; columns are portable code's."""
        return None if columns else self.epilogue.form


def select_one_pixel(stages: Sequence[Stage], request: Request) -> list[Kernel | str]:
    """The kernels of stages of one output pixel, or why there is none. Stages share them whose rescalings have the same
    shift, so those are searched for once more with the smallest shift of all."""
    answers = [_kernel(stage, request, None) for stage in stages]
    kernels = [answer for answer in answers if isinstance(answer, OnePixelKernel)]
    shift = min((kernel.epilogue.rescaling.shift for kernel in kernels if kernel.epilogue.rescaling), default=0)
    return [
        _with_shift(stage, answer, request, shift) if isinstance(answer, OnePixelKernel) else answer
        for stage, answer in zip(stages, answers, strict=True)
    ]


def _with_shift(stage: Stage, kernel: OnePixelKernel, request: Request, shift: int) -> OnePixelKernel:
    rescaling = kernel.epilogue.rescaling
    if rescaling is None or rescaling.shift == shift:
        return kernel
    again = _kernel(stage, request, shift)
    return again if isinstance(again, OnePixelKernel) and again.epilogue.form == kernel.epilogue.form else kernel


def _kernel(stage: Stage, request: Request, shift: int | None) -> OnePixelKernel | str:
    op = stage.matrix
    if op is None:
        return refused_alone(stage, request.graph)
    if refused := refused_weights(stage, op):
        return refused
    if not stage.is_separable and stage.inputs[0].dtype != "int8":
        return UINT8_INPUT
    rows, rest = _rows(len(op.weights))
    if not _one_word_holds(op, rows):
        return NOT_ONE_WORD
    zero_point = stage.inputs[0].zero_point
    if stage.depthwise is not None:
        zero_point = stage.depthwise.requantization.zero_point
    epilogue = matrix_epilogue(op, request.intervals.accumulators[op.name], zero_point, shift)
    if epilogue is None:
        return NO_END
    return OnePixelKernel(op.weights[0].size, rows, rest, epilogue)


def _rows(channels: int) -> tuple[int, int]:
    """Output channels at a time, and how many are left for the last time."""
    if channels <= _FEW_CHANNELS:
        alike = next((rows for rows in (_ROWS, 3, 2) if channels % rows == 0), None)
        if alike is not None:
            return alike, 0
    return (_ROWS, channels % _ROWS) if channels > _ROWS else (channels, 0)


def _one_word_holds(op: Conv2D, rows: int) -> bool:
    """Whether low + 256 * high is a 16-bit integer for all weights that stand so in one half of a word."""
    high = np.flatnonzero(np.arange(len(op.weights)) % rows % 2)
    return not np.any((op.weight_matrix[high] == -128) & (op.weight_matrix[high - 1] < 0))
