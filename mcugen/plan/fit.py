"""Fitting the two-instruction requantization of processors with a high multiply and a shifting saturation.

The accumulator a is summed 256-fold (values or weights lie in the high byte of 16-bit operands), and

    y = saturate((((256 * a + offset) * multiplier >> 32) + addend) >> shift)     SMMLA; USAT #8, ASR #shift

with one shift for the whole layer, and addend 0 (SMMUL) wherever that suffices. A requantization is given by the accumulators at which it steps, so multiplier and
offset of a channel are right exactly when every step lies where the model has it: for each multiplier that is an
interval of offsets. The search tries multipliers around the model's own until some interval holds an integer; what it
finds is then proved over the reachable range like every other form.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from mcugen.fixedpoint import Requantization, Rounding, differences, requantize, step_thresholds
from mcugen.passes.intervals import Interval

SCALE = 256
_TRIES = 400
# Addends to try in turn: each moves the boundaries by a different fraction of an offset's step.
_ADDENDS = (0, 1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29)
_HIGH_WORD = np.int64(1) << 32
_INT32 = np.int64(1) << 31


@dataclass(frozen=True, eq=False)
class Fit:
    """offset, multiplier, addend: int64 [C]. shift: of the layer."""

    offset: np.ndarray
    multiplier: np.ndarray
    addend: np.ndarray
    shift: int

    def apply(self, accumulator: np.ndarray, minimum: int) -> np.ndarray:
        """The output for int64 accumulators [..., C], bias included, saturated to minimum..minimum + 255."""
        high = (SCALE * accumulator + self.offset) * self.multiplier >> 32
        return np.clip((high + self.addend) >> self.shift, minimum, minimum + 255)


def fit_requantization(requantization: Requantization, reachable: Interval, *, addends: bool = True) -> Fit | None:
    """A fit that is proved equal on `reachable` (accumulators with the bias), or None where there is none.

    Only for outputs that saturate to a whole byte, 0..255 or -128..127. addends: False if none may be needed.
    """
    minimum = requantization.minimum
    if minimum not in (0, -128) or requantization.maximum != minimum + 255:
        return None
    if requantization.rounding is Rounding.DOUBLE and requantization.zero_point > minimum:
        # Half away from zero: the steps below the zero point lie one unit off the line of those above.
        return None
    low, high = reachable.low, reachable.high
    if np.any(low < -(_INT32 // SCALE)) or np.any(high >= _INT32 // SCALE):
        return None
    constant = requantize(low, requantization) == requantize(high, requantization)
    scales = requantization.multiplier * np.exp2(requantization.shift.astype(np.float64) - 31)
    largest = float(scales[~constant].max(initial=2.0**-20))
    # multiplier = scale * 2**(24 + shift) must stay below 2**31 for the largest scale, and keep as many bits as it can.
    shift = min(int(np.floor(7 - np.log2(largest))), 22)
    if shift < 1:
        return None
    exact = scales * 2.0 ** (24 + shift)
    fit = _search(requantization, low, high, exact, shift, constant, _ADDENDS if addends else _ADDENDS[:1])
    if fit is None or np.any(np.abs(SCALE * np.stack([low, high]) + fit.offset) >= _INT32):
        return None

    def candidate(accumulator: np.ndarray) -> np.ndarray:
        return fit.apply(accumulator, minimum)

    return None if np.any(differences(requantization, candidate, low, high)) else fit


def _search(
    requantization: Requantization,
    low: np.ndarray,
    high: np.ndarray,
    exact: np.ndarray,
    shift: int,
    constant: np.ndarray,
    addends: tuple[int, ...],
) -> Fit | None:
    levels = np.arange(requantization.minimum + 1, requantization.maximum + 1, dtype=np.int64)
    thresholds = step_thresholds(requantization)
    # An offset must put the level's boundary at or below the threshold and above the accumulator before it. Steps outside
    # the reachable range only have to stay outside it.
    reached = np.minimum(thresholds, high[:, None])
    before = np.maximum(thresholds - 1, low[:, None])
    must = thresholds <= high[:, None]
    must_not = thresholds > low[:, None]
    wanted = levels << (32 + shift)
    count = len(exact)
    offset, multiplier, addend = (np.zeros(count, np.int64) for _ in range(3))
    value = requantize(low, requantization)
    multiplier[constant] = np.int64(1) << 24
    middle = (2 * value[constant] + 1) << (7 + shift)
    offset[constant] = middle - SCALE * ((low[constant] + high[constant]) // 2)
    open_channels = np.flatnonzero(~constant)
    nearest = np.rint(exact).astype(np.int64)
    for half, attempt in product(addends, range(2 * _TRIES + 1)):
        if len(open_channels) == 0:
            break
        distance = (attempt + 1) // 2 * (1 if attempt % 2 else -1)
        tried = np.clip(nearest[open_channels] + distance, 1, _INT32 - 1)
        boundary = -((half * _HIGH_WORD - wanted[None, :]) // tried[:, None])
        least = np.where(must[open_channels], boundary - SCALE * reached[open_channels], -(_INT32 << 8))
        most = np.where(must_not[open_channels], boundary - 1 - SCALE * before[open_channels], _INT32 << 8)
        lowest, highest = least.max(axis=1), most.min(axis=1)
        found = lowest <= highest
        chosen = open_channels[found]
        multiplier[chosen] = tried[found]
        addend[chosen] = half
        offset[chosen] = (lowest[found] + highest[found]) // 2
        open_channels = open_channels[~found]
    return Fit(offset, multiplier, addend, shift) if len(open_channels) == 0 else None
