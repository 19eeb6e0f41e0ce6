"""Rescalings as in `plan/rescaling.py` of plain accumulators, which are not summed 256-fold.

    y = saturate((((a + offset) * multiplier >> 32) + addend) >> shift)     SMULL; ADD; USAT #8, ASR #shift

An offset is a whole accumulator here, far coarser than a step needs. The addend makes up for that: it is 2^32 in units
of the product, the offset is `multiplier`, and together they reach any point between two accumulators. Of many addends
the first is taken that lets some offset put every step where the model has it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mcugen.fixedpoint import Requantization, Rounding, differences, requantize, step_thresholds
from mcugen.memo import remembered
from mcugen.passes.intervals import Interval
from mcugen.plan.rescaling import Rescaling

_ADDENDS = 16_000
_MULTIPLIERS = 40
# Candidates of one multiplier that are checked exactly.
_CHECKED = 20
_INT32 = 1 << 31
_HIGH_WORD = 1 << 32
_FAR = 2.0**80


def saturates_to_a_byte(requantization: Requantization) -> bool:
    """Whether the steps of the outputs lie on one line and end where a byte does: what every rescaling asks."""
    minimum = requantization.minimum
    if minimum not in (0, -128) or requantization.maximum != minimum + 255:
        return False
    # Half away from zero: the steps below the zero point lie one unit off the line of those above.
    return requantization.rounding is not Rounding.DOUBLE or requantization.zero_point <= minimum


@remembered
def find_plain_rescaling(requantization: Requantization, reachable: Interval) -> Rescaling | None:
    """A rescaling that is proved equal on `reachable` (accumulators with the bias), or None where there is none.

    Addends fit into 16 bits with their sign.
    """
    if not saturates_to_a_byte(requantization):
        return None
    low, high = reachable.low, reachable.high
    constant = requantize(low, requantization) == requantize(high, requantization)
    scales = requantization.multiplier * np.exp2(requantization.shift.astype(np.float64) - 31)
    largest = float(scales[~constant].max(initial=2.0**-20))
    shift = min(int(np.floor(-1 - np.log2(largest))), 22)
    if shift < 0:
        return None
    search = _Search(requantization, reachable, scales * 2.0 ** (32 + shift), shift)
    found = [search.constant(c) if constant[c] else search.channel(c) for c in range(len(low))]
    if any(one is None for one in found):
        return None
    offset, multiplier, addend = np.array([one for one in found if one is not None], np.int64).T
    rescaling = Rescaling(offset, multiplier, addend, shift, np.zeros_like(offset), scale=1)

    def candidate(accumulator: np.ndarray) -> np.ndarray:
        return rescaling.apply(accumulator, requantization.minimum)

    return None if np.any(differences(requantization, candidate, low, high)) else rescaling


class _Search:
    """Offset, multiplier and addend of one channel after another."""

    def __init__(self, requantization: Requantization, reachable: Interval, exact: np.ndarray, shift: int) -> None:
        self.low, self.high, self.exact, self.shift = reachable.low, reachable.high, exact, shift
        self.first = requantize(reachable.low, requantization)
        self.thresholds = step_thresholds(requantization)
        self.levels = np.arange(requantization.minimum + 1, requantization.maximum + 1, dtype=np.int64)
        self.addends = np.array([(i + 1) // 2 * (1 if i % 2 else -1) for i in range(2 * _ADDENDS + 1)], np.int64)

    def constant(self, channel: int) -> tuple[int, int, int] | None:
        """The middle of the range lies in the middle of the output's step, which is wider than the range."""
        low, high = int(self.low[channel]), int(self.high[channel])
        step_bits = max((high - low + 4).bit_length(), 2 + self.shift)
        offset = ((2 * int(self.first[channel]) + 1) << (step_bits - 1)) - (low + high) // 2
        if step_bits > 32 + self.shift or abs(offset) + max(abs(low), abs(high)) >= _INT32:
            return None
        return offset, 1 << (32 + self.shift - step_bits), 0

    def channel(self, channel: int) -> tuple[int, int, int] | None:
        """The first that suits: multipliers around the model's own, addends from 0 outwards."""
        low, high, thresholds = int(self.low[channel]), int(self.high[channel]), self.thresholds[channel]
        # A level is reached at its threshold and not before it, where those accumulators can occur.
        reached, missed = thresholds <= high, thresholds > low
        at, before = np.maximum(thresholds, low), np.minimum(thresholds - 1, high)
        wanted = self.levels.astype(np.float64) * 2.0 ** (32 + self.shift)
        for multiplier in self._multipliers(channel):
            # In floating point: what cannot suit is left out here, what seems to is checked exactly.
            least = (wanted - at.astype(np.float64) * multiplier)[reached].max(initial=-_FAR)
            most = (wanted - before.astype(np.float64) * multiplier)[missed].min(initial=_FAR)
            if least >= most + multiplier:
                continue
            lowest = np.ceil((least - self.addends * float(_HIGH_WORD)) / multiplier)
            highest = np.floor((most - 1 - self.addends * float(_HIGH_WORD)) / multiplier)
            for i in np.flatnonzero(lowest <= highest)[:_CHECKED].tolist():
                offset, addend = int((lowest[i] + highest[i]) // 2), int(self.addends[i])
                if abs(offset) + max(abs(low), abs(high)) >= _INT32:
                    continue
                reaches = (((at + offset) * multiplier >> 32) + addend) >> self.shift >= self.levels
                misses = (((before + offset) * multiplier >> 32) + addend) >> self.shift < self.levels
                if np.all(reaches[reached]) and np.all(misses[missed]):
                    return offset, multiplier, addend
        return None

    def _multipliers(self, channel: int) -> Iterator[int]:
        nearest = round(float(self.exact[channel]))
        for attempt in range(2 * _MULTIPLIERS + 1):
            multiplier = nearest + (attempt + 1) // 2 * (1 if attempt % 2 else -1)
            if 0 < multiplier < _INT32:
                yield multiplier
