"""How the 256-fold sums of a matrix kernel end: a rescaling, or the exact form for results of either sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.fixedpoint import Requantization, Rounding
from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.tables import folded_bias
from mcugen.passes.intervals import Interval
from mcugen.plan.rescaling import SCALE, Rescaling, find_rescaling

_INT32 = 1 << 31


@dataclass(frozen=True, eq=False)
class MatrixEpilogue:
    """How the sums of a matrix stage end.

    rescaling: None for the exact form for results of either sign (TensorFlow Lite's two roundings after the sums were
    scaled back). start: int64 [C], what the 256-fold sums start from. multiplier, addend, shift: int64
    [C]; a rescaling has one shift for all.
    """

    rescaling: Rescaling | None
    start: np.ndarray
    multiplier: np.ndarray
    addend: np.ndarray
    shift: np.ndarray

    @property
    def form(self) -> str:
        """Which of the kernel's three ends it is."""
        if self.rescaling is None:
            return "signed"
        return "fitted_addend" if np.any(self.addend) else "fitted"


def whole_requantization(op: Conv2D | DepthwiseConv2D) -> Requantization:
    """With an entry for each channel."""
    return op.requantization.broadcast(len(op.bias))


def matrix_epilogue(
    op: Conv2D, reachable: Interval, zero_points: int | np.ndarray, shift: int | None = None
) -> MatrixEpilogue | None:
    """The end that is proved equal to the operator's on the accumulators `reachable`, None where there is none.

    zero_points: the value of a column that stands for 0, of all channels or of each. shift: that a rescaling must have.
    """
    requantization = whole_requantization(op)
    bias = folded_bias(op, op.bias, zero_points)
    partial = SCALE * (np.abs(bias) + 128 * np.abs(op.weights.astype(np.int64)).sum(axis=(1, 2, 3)))
    rescaling = find_rescaling(requantization, reachable, shift=shift)
    if rescaling is not None:
        start = SCALE * bias + rescaling.offset
        if np.any(partial + np.abs(rescaling.offset) >= _INT32):
            return None
        shifts = np.full(len(bias), rescaling.shift)
        return MatrixEpilogue(rescaling, start, rescaling.multiplier, rescaling.addend, shifts)
    return _signed_epilogue(requantization, bias, partial) if shift is None else None


def _signed_epilogue(requantization: Requantization, bias: np.ndarray, partial: np.ndarray) -> MatrixEpilogue | None:
    right = -requantization.shift
    whole_byte = requantization.minimum in (0, -128) and requantization.maximum == requantization.minimum + 255
    possible = requantization.rounding is Rounding.DOUBLE and whole_byte
    if not possible or np.any(right < 1) or np.any(right > 20) or np.any(partial >= _INT32):
        return None
    addend = (requantization.zero_point << right) + (np.int64(1) << (right - 1))
    return MatrixEpilogue(None, SCALE * bias, requantization.multiplier, addend, right)
