"""Fitting requantization to processors that multiply 32 by 32 bits to the lower 32 bits only (Armv6-M).

    v = a + offset                                                       offset is part of where the sums start
    y = (v * high + (v * low >> middle) + addend) >> shift               0 <= v < limit
    y = 0 or 255                                                         v < 0, v >= limit

and y - 128 where outputs are signed. `high` and `low` have 16 bits each: multiplier = high * 2^middle + low. Neither
product leaves 32 bits below the limit, which lies at or behind the step to 255. One comparison of v as an unsigned
number tells both ends from the line. Floors of the inner shift move boundaries only by what `addend` is chosen to
allow; the whole is proved like every other form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mcugen.fixedpoint import Requantization, differences, requantize, step_thresholds
from mcugen.passes.intervals import Interval
from mcugen.plan.fit_plain import saturates_to_a_byte

_WORD = 1 << 32
_INT32 = 1 << 31
_FAR = 1 << 62
_TRIES = 60
# (bits taken from middle, from shift) in turn: shorter multipliers give some channels what longer ones cannot.
_SHORTENINGS = ((0, 0), (1, 0), (2, 0), (0, 1), (3, 0), (1, 1), (4, 0), (2, 2))


@dataclass(frozen=True, eq=False)
class SplitFit:
    """offset, high, low, addend, limit: int64 [C]. middle, shift: of the layer."""

    offset: np.ndarray
    high: np.ndarray
    low: np.ndarray
    addend: np.ndarray
    limit: np.ndarray
    middle: int
    shift: int

    def apply(self, accumulator: np.ndarray, minimum: int) -> np.ndarray:
        """The output for int64 accumulators [..., C], bias included."""
        v = accumulator + self.offset
        inside = (v >= 0) & (v < self.limit)
        line = np.where(inside, v, 0)
        y = (line * self.high + (line * self.low >> self.middle) + self.addend) >> self.shift
        return np.where(inside, y, np.where(v < 0, 0, 255)) + minimum

    @property
    def stays_in_words(self) -> bool:
        """No product and no sum below the limit leaves 32 bits, and every number has the width of its field."""
        last = np.maximum(self.limit - 1, 0)
        line = last * self.high + (last * self.low >> self.middle) + self.addend
        products = (last * self.low < _WORD) & (line < _WORD)
        halves = (self.high >= 0) & (self.high < 1 << 16) & (self.low >= 0) & (self.low < 1 << 16)
        fields = (self.addend >= 0) & (self.addend < _INT32) & (self.limit >= 0) & (self.limit < _INT32)
        return bool(np.all(products & halves & fields))


def fit_split(requantization: Requantization, reachable: Interval) -> SplitFit | None:
    """A fit that is proved equal on `reachable` (accumulators with the bias), or None where there is none."""
    if not saturates_to_a_byte(requantization):
        return None
    search = _Search(requantization, reachable)
    for less_middle, less_shift in _SHORTENINGS:
        fit = search.run(less_middle, less_shift)
        if fit is not None and fit.stays_in_words and search.is_proved(fit):
            return fit
    return None


_Channel = tuple[int, int, int, int, int]


class _Search:
    """Fits of one channel after another for given shifts."""

    def __init__(self, requantization: Requantization, reachable: Interval) -> None:
        self.requantization, self.low, self.high = requantization, reachable.low, reachable.high
        self.first = requantize(self.low, requantization) - requantization.minimum
        self.constant = self.first == requantize(self.high, requantization) - requantization.minimum
        self.scales = requantization.multiplier * np.exp2(requantization.shift.astype(np.float64) - 31)
        self.thresholds = step_thresholds(requantization)
        self.levels = np.arange(1, requantization.maximum - requantization.minimum + 1, dtype=np.int64)

    def is_proved(self, fit: SplitFit) -> bool:
        """Equal to the model's requantization on everything that is reachable."""

        def candidate(accumulator: np.ndarray) -> np.ndarray:
            return fit.apply(accumulator, self.requantization.minimum)

        return not np.any(differences(self.requantization, candidate, self.low, self.high))

    def run(self, less_middle: int, less_shift: int) -> SplitFit | None:
        """A fit with these shortened shifts, None as soon as a channel has none."""
        live = ~self.constant
        top = np.minimum(self.high + 2, self.thresholds[:, -1]) - np.maximum(self.thresholds[:, 0], self.low)
        span = np.minimum(top, self.high - self.low) + 2 / np.maximum(self.scales, 1e-9)
        middle = min(32 - (int(span[live].max(initial=16)) + 64).bit_length(), 16) - less_middle
        shift = 24 - less_shift
        while float(self.scales[live].max(initial=2.0**-20)) * 2.0**shift >= 65535:
            shift -= 1
        if middle < 1 or shift < 1:
            return None
        channels: list[_Channel] = []
        for c in range(len(self.low)):
            found = self._constant(c, shift) if self.constant[c] else self._channel(c, middle, shift)
            if found is None:
                return None
            channels.append(found)
        offset, multiplier_high, multiplier_low, addend, limit = np.array(channels, np.int64).T
        return SplitFit(offset, multiplier_high, multiplier_low, addend, limit, middle, shift)

    def _constant(self, channel: int, shift: int) -> _Channel | None:
        low, high = int(self.low[channel]), int(self.high[channel])
        addend = int(self.first[channel]) << shift
        return (-low, 0, 0, addend, high - low + 1) if addend < _INT32 else None

    def _channel(self, channel: int, middle: int, shift: int) -> _Channel | None:
        low, high, thresholds = int(self.low[channel]), int(self.high[channel]), self.thresholds[channel]
        reached, missed = thresholds <= high, thresholds > low
        at, before = np.maximum(thresholds, low), np.minimum(thresholds - 1, high)
        wanted = self.levels << (shift + middle)
        for multiplier in self._multipliers(channel, middle, shift):
            if multiplier <= 0 or multiplier >> middle > 65535:
                continue
            # What is added to the line, in units of the multiplier's last bit.
            least = int((wanted - at * multiplier)[reached].max(initial=-_FAR))
            most = int((wanted - 1 - before * multiplier)[missed].min(initial=_FAR))
            if least > most:
                continue
            if least == -_FAR:
                least = most - (1 << middle)
            if most == _FAR:
                most = least + (1 << middle)
            offset = min((least + most) // 2 // multiplier, -low)
            lowest = max(-((offset * multiplier - least) >> middle), 0)
            highest = (most - offset * multiplier) >> middle
            if lowest > highest or lowest >= _INT32:
                continue
            addend = min((lowest + highest) // 2, _INT32 - 1)
            # The limit: where the line would give 256, or behind all that is reachable.
            limit = -(((addend << middle) - (256 << (shift + middle))) // multiplier)
            limit = limit if reached[-1] else min(limit, high + offset + 1)
            if limit < (int(thresholds[-1]) if reached[-1] else high + 1) + offset:
                continue
            multiplier_high, multiplier_low = divmod(multiplier, 1 << middle)
            if limit * multiplier_low < _WORD and limit < _INT32:
                return offset, multiplier_high, multiplier_low, addend, limit
        return None

    def _multipliers(self, channel: int, middle: int, shift: int) -> Iterator[int]:
        """From the model's own outwards, then with ever more zeros at the end, then with the largest low part that long
        ranges allow."""
        scale = float(self.scales[channel])
        nearest = round(scale * 2.0 ** (shift + middle))
        for zeros, tries in [(0, 2 * _TRIES + 1), *((j, 9) for j in range(2, middle + 1))]:
            rounded = (nearest + (1 << zeros >> 1)) >> zeros
            for attempt in range(tries):
                yield (rounded + (attempt + 1) // 2 * (1 if attempt % 2 else -1)) << zeros
        low, high = int(self.low[channel]), int(self.high[channel])
        length = min(high - int(self.thresholds[channel, 0]), high - low) + 3 / max(scale, 1e-9) + 8
        cap = _WORD // max(int(length), 1)
        if nearest & ((1 << middle) - 1) > cap:
            base = nearest >> middle << middle
            yield from (base + min(cap, (1 << middle) - 1) - i for i in range(40))
            yield from (base + (1 << middle) + i for i in range(40))
