"""How the 256-fold sums of a matrix kernel end: a rescaling, or the exact form for results of either sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.fixedpoint import Requantization, Rounding, differences
from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.dsp.far_sums import find_far_sum
from mcugen.kernels.tables import folded_bias
from mcugen.passes.intervals import Interval, Intervals
from mcugen.plan.rescaling import SCALE, Rescaling, find_rescaling
from mcugen.plan.stage import Stage

_INT32 = 1 << 31
# Of the exact form: its addend and the product have to fit int32 together.
_MOST_SHIFT = 20
# Of depthwise kernels with the shorter table: what their starts are below, and a multiple of.
_COMPACT_START = 1 << 27
_COMPACT_GRAIN = 16


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

    @property
    def common_shift(self) -> int:
        """Of a rescaling; 0 where each channel brings its own."""
        return 0 if self.rescaling is None else self.rescaling.shift


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
    return _signed_epilogue(requantization, bias, partial, reachable) if shift is None else None


def _signed_epilogue(
    requantization: Requantization, bias: np.ndarray, partial: np.ndarray, reachable: Interval
) -> MatrixEpilogue | None:
    """The exact form. partial: a bound on what 256-fold sums are on the way."""
    right = -requantization.shift
    whole_byte = requantization.minimum in (0, -128) and requantization.maximum == requantization.minimum + 255
    possible = requantization.rounding is Rounding.DOUBLE and whole_byte
    if not possible or np.any(right < 1):
        return None
    addend = (requantization.zero_point << right) + (np.int64(1) << (right - 1))
    exact = MatrixEpilogue(None, SCALE * bias, requantization.multiplier, addend, right)
    far = np.flatnonzero((right > _MOST_SHIFT) | (partial >= _INT32))
    return _with_far_sums(exact, requantization, far, partial - SCALE * np.abs(bias), reachable) if len(far) else exact


def _with_far_sums(
    exact: MatrixEpilogue, requantization: Requantization, far: np.ndarray, products: np.ndarray, reachable: Interval
) -> MatrixEpilogue | None:
    """The exact form, but for the channels `far`. products: a bound on the 256-fold sums of products."""
    low, high = reachable.low[far], reachable.high[far]
    found = [
        find_far_sum(requantization, *ends) for ends in zip(far.tolist(), low.tolist(), high.tolist(), strict=True)
    ]
    sums = [each for each in found if each is not None]
    start = exact.start.copy()
    start[far] -= SCALE * low
    if len(sums) < len(found) or np.any(np.abs(start[far]) + products[far] >= _INT32):
        return None

    def candidate(accumulator: np.ndarray) -> np.ndarray:
        outputs = np.stack([one.apply(accumulator[:, c]) for c, one in enumerate(sums)], axis=1)
        return np.clip(outputs, requantization.minimum, requantization.maximum)

    if np.any(differences(requantization.select(far), candidate, low, high)):
        return None
    multiplier, addend, shift = exact.multiplier.copy(), exact.addend.copy(), exact.shift.copy()
    multiplier[far], addend[far], shift[far] = np.array([(s.multiplier, s.addend, s.shift) for s in sums]).T
    return MatrixEpilogue(None, start, multiplier, addend, shift)


def columns_zero_points(stage: Stage, depthwise: Rescaling | None) -> int | np.ndarray:
    """The value of a column that stands for 0, of all channels or of each."""
    if stage.depthwise is None:
        return stage.inputs[0].zero_point
    zero_point = stage.depthwise.requantization.zero_point
    return zero_point if depthwise is None else zero_point - depthwise.base


def depthwise_rescaling(
    op: DepthwiseConv2D, intervals: Intervals, shift: int | None = None, *, compact: bool = False
) -> Rescaling | None:
    """A rescaling without addends for which no partial sum of the 256-fold accumulation leaves int32. compact: with
    multipliers of 27 bits and starts of 28."""
    products = SCALE * 255 * np.abs(op.weights.astype(np.int64)).sum(axis=(0, 1))
    room = np.minimum(_INT32 - products, _COMPACT_START if compact else _INT32)
    return find_rescaling(
        whole_requantization(op),
        intervals.accumulators[op.name],
        addends=False,
        shift=shift,
        room=room,
        bias=op.bias.astype(np.int64),
        grain=_COMPACT_GRAIN if compact else 1,
    )
