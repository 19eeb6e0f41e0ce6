"""Matrix stages on cores with DSP instructions: which stages, and in which shape of kernel.

The kernel multiplies two output channels with `group` pixels at a time. Its columns are 16-bit values whose high byte is
the stored int8 value and whose low byte is 0, so sums are 256-fold and requantization is the fitted form of `fit.py`.
Word j of a pixel holds channels j and j + depth/2; the words of a group's pixels stand together:

    channel k of pixel x:  x/group * 2*depth*group + k % (depth/2) * 4*group + x%group * 4 + (k >= depth/2) * 2 + 1 byte
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.fixedpoint import Requantization, Rounding
from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.passes.intervals import Interval, Intervals
from mcugen.plan.fit import SCALE, Fit, fit_requantization
from mcugen.plan.stage import Stage

_INT32 = 1 << 31
_LARGEST_OFFSET = 4095
_COLUMNS_BYTES = 1600


@dataclass(frozen=True, eq=False)
class MatrixEpilogue:
    """How the sums of a matrix stage end.

    fit: the fitted form, or None for the exact form for results of either sign (TensorFlow Lite's two roundings after
    the sums were scaled back). start: int64 [C], what the 256-fold sums start from. multiplier, addend, shift: int64 [C];
    the fitted form has one shift for all.
    """

    fit: Fit | None
    start: np.ndarray
    multiplier: np.ndarray
    addend: np.ndarray
    shift: np.ndarray

    @property
    def form(self) -> str:
        """Which of the kernel's three ends it is."""
        if self.fit is None:
            return "signed"
        return "fitted_addend" if np.any(self.addend) else "fitted"


@dataclass(frozen=True, eq=False)
class DspStage:
    """depth: values of a column, a multiple of 4. group: pixels at a time. parts: how often a row's block of columns is
    filled. depthwise: the fit of the assembly depthwise kernel, None where columns are made by portable code."""

    depth: int
    group: int
    parts: int
    epilogue: MatrixEpilogue
    depthwise: Fit | None

    def columns_bytes(self, width: int) -> int:
        """Bytes of the block of columns for output rows of this width."""
        return 2 * self.depth * (width // self.parts)


def plan_dsp(stage: Stage, intervals: Intervals) -> DspStage | None:
    """The kernel of a stage, or None where it stays with the portable code."""
    op = stage.last
    if not isinstance(op, Conv2D) or stage.output.width * stage.output.height == 1:
        return None
    channels = len(op.weights)
    if channels % 2:
        return None
    if not stage.is_separable and stage.inputs[0].dtype != "int8":
        return None
    depth = -(-op.weights[0].size // 4) * 4
    epilogue = _matrix_epilogue(op, intervals.accumulators[op.name], _columns_zero_point(stage))
    if epilogue is None:
        return None
    width = stage.output.width
    group = next(g for g in (3, 2, 1) if width % g == 0)
    parts = 1
    if not stage.is_separable:
        groups = width // group
        divisors = (p for p in range(1, groups + 1) if groups % p == 0)
        parts = next((p for p in divisors if 2 * depth * width // p <= _COLUMNS_BYTES), groups)
    depthwise = None
    if isinstance(stage.first, DepthwiseConv2D) and _native_depthwise(stage, stage.first, depth, group):
        reachable = intervals.accumulators[stage.first.name]
        fit = fit_requantization(_whole(stage.first), reachable, addends=False)
        if fit is not None and _fits(stage.first, fit, reachable):
            depthwise = fit
    return DspStage(depth, group, parts, epilogue, depthwise)


def _columns_zero_point(stage: Stage) -> int:
    if isinstance(stage.first, DepthwiseConv2D):
        return stage.first.requantization.zero_point
    return stage.inputs[0].zero_point


def _whole(op: Conv2D | DepthwiseConv2D) -> Requantization:
    return op.requantization.broadcast(len(op.bias))


def folded_bias(op: Conv2D, zero_point: int) -> np.ndarray:
    """bias - zero point * sum of weights, int64 [C]."""
    return op.bias.astype(np.int64) - zero_point * op.weights.astype(np.int64).sum(axis=(1, 2, 3))


def _matrix_epilogue(op: Conv2D, reachable: Interval, zero_point: int) -> MatrixEpilogue | None:
    requantization = _whole(op)
    bias = folded_bias(op, zero_point)
    partial = SCALE * (np.abs(bias) + 128 * np.abs(op.weights.astype(np.int64)).sum(axis=(1, 2, 3)))
    fit = fit_requantization(requantization, reachable)
    if fit is not None:
        start = SCALE * bias + fit.offset
        if np.any(partial + np.abs(fit.offset) >= _INT32):
            return None
        shifts = np.full(len(bias), fit.shift)
        return MatrixEpilogue(fit, start, fit.multiplier, fit.addend, shifts)
    return _signed_epilogue(requantization, bias, partial)


def _signed_epilogue(requantization: Requantization, bias: np.ndarray, partial: np.ndarray) -> MatrixEpilogue | None:
    right = -requantization.shift
    whole_byte = requantization.minimum in (0, -128) and requantization.maximum == requantization.minimum + 255
    possible = requantization.rounding is Rounding.DOUBLE and whole_byte
    if not possible or np.any(right < 1) or np.any(right > 20) or np.any(partial >= _INT32):
        return None
    addend = (requantization.zero_point << right) + (np.int64(1) << (right - 1))
    return MatrixEpilogue(None, SCALE * bias, requantization.multiplier, addend, right)


def _native_depthwise(stage: Stage, op: DepthwiseConv2D, depth: int, group: int) -> bool:
    """Whether the assembly kernels take this shape; where its rows stand is checked when they have a place."""
    source = stage.inputs[0]
    if op.window.kernel != (3, 3) or op.depth_multiplier != 1 or source.zero_point != 0 or source.dtype != "uint8":
        return False
    if depth != source.channels or op.requantization.minimum != -128 or op.requantization.maximum != 127:
        return False
    row_bytes = source.width * source.channels
    if 2 * row_bytes + source.width > _LARGEST_OFFSET or source.width % 2 or source.width < 6:
        return False
    top, bottom, left, right = op.window.padding
    if op.window.stride == (1, 1):
        fits_offsets = 2 * depth * (min(stage.output.width, 12)) <= _LARGEST_OFFSET
        return (top, bottom, left, right) == (1, 1, 1, 1) and fits_offsets
    if op.window.stride == (2, 2):
        halved = stage.output.shape[:2] == (source.height // 2, source.width // 2) and source.height % 2 == 0
        return halved and (top, left) in ((0, 0), (1, 1)) and 2 * depth * stage.output.width <= _LARGEST_OFFSET
    return False


def _fits(op: DepthwiseConv2D, fit: Fit, reachable: Interval) -> bool:
    """No partial sum of the 256-fold accumulation leaves int32."""
    weights = SCALE * 255 * np.abs(op.weights.astype(np.int64)).sum(axis=(0, 1))
    start = np.abs(SCALE * op.bias.astype(np.int64) + fit.offset)
    return bool(np.all(weights + start < _INT32))

