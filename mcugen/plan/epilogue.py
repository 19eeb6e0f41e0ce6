"""Choosing the code of each requantization: the cheapest form that is proved equal over the reachable accumulators.

Every form computes, for an accumulator a, multiplier M and right shift r of its channel:

    rounded         h = (a*M + 2**30) >> 31;               y = (h + half) >> r
    rounded_signed  h = (a*M + 2**30) >> 31; h += h >> 31; y = (h + half) >> r
    truncated       h = (a*M) >> 31;                       y = (h + half) >> r
    exact_double    TensorFlow Lite's two roundings literally, left shifts included
    exact_single    one rounding of the exact product, left shifts included

with half = (zero point << r) + ((1 << r) >> 1), and then the clamp. The first three are three instructions where there
is a high multiply. Which of them a layer gets is decided by proof (`fixedpoint.differences`), never by assumption.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcugen.fixedpoint import Requantization, Rounding, differences
from mcugen.passes.intervals import Interval

_INT32_MAX = (1 << 31) - 1


@dataclass(frozen=True, eq=False)
class Epilogue:
    """What follows the accumulation of a layer.

    form: one of the module's forms. bias: int64 [C], what the accumulator starts from. multiplier: int64 [C].
    shift: int64 [C], to the right (negative, to the left, only in the exact forms).
    proved: accumulator values that the proof covers, in all channels together. rejected: forms that were tried
    before and in how many channels each differs.
    """

    form: str
    bias: np.ndarray
    multiplier: np.ndarray
    shift: np.ndarray
    zero_point: int
    minimum: int
    maximum: int
    proved: int
    rejected: tuple[tuple[str, int], ...]


def choose_epilogue(requantization: Requantization, bias: np.ndarray, reachable: Interval) -> Epilogue:
    """The epilogue of a layer whose accumulators (bias included) stay inside `reachable`."""
    requantization = requantization.broadcast(len(bias))
    right = -requantization.shift
    rejected: list[tuple[str, int]] = []
    for form in _candidates(requantization.rounding):
        candidate = _FORMS.get(form)
        if candidate is None:
            break
        function = candidate(requantization, right)
        if function is None:
            rejected.append((form, int(np.sum(right < 0))))
            continue
        wrong = int(np.sum(differences(requantization, function, reachable.low, reachable.high)))
        if wrong == 0:
            break
        rejected.append((form, wrong))
    return Epilogue(
        form,
        bias.astype(np.int64),
        requantization.multiplier,
        right,
        requantization.zero_point,
        requantization.minimum,
        requantization.maximum,
        int(np.sum(reachable.high - reachable.low + 1)),
        tuple(rejected),
    )


def _candidates(rounding: Rounding) -> tuple[str, ...]:
    if rounding is Rounding.DOUBLE:
        return "rounded", "rounded_signed", "exact_double"
    return "truncated", "rounded", "exact_single"


_Function = Callable[[np.ndarray], np.ndarray]


def _high_form(rounding: int, signed: bool) -> Callable[[Requantization, np.ndarray], _Function | None]:
    def build(requantization: Requantization, right: np.ndarray) -> _Function | None:
        if np.any(right < 0) or np.any(right > 31):
            return None
        shift = np.minimum(right, 30)
        half = (np.int64(requantization.zero_point) << shift) + ((np.int64(1) << shift) >> 1)
        # The sum h + half must fit int32: |h| <= |a| * M / 2**31 < 2**30, since accumulators stay below 2**30.
        if np.any(right > 30) or np.any(np.abs(half) > _INT32_MAX - (1 << 30)):
            return None

        def function(accumulator: np.ndarray) -> np.ndarray:
            high = (accumulator * requantization.multiplier + rounding) >> 31
            if signed:
                high = high + (high >> 31)
            return np.clip((high + half) >> shift, requantization.minimum, requantization.maximum)

        return function

    return build


_FORMS = {
    "rounded": _high_form(1 << 30, signed=False),
    "rounded_signed": _high_form(1 << 30, signed=True),
    "truncated": _high_form(0, signed=False),
}
