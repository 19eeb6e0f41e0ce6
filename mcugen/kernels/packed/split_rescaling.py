"""Rescalings for processors that multiply 32 by 32 bits to the lower 32 bits only (Armv6-M).

    v = a + offset                                                       offset is part of where the sums start
    y = (v * high + ((v >> skipped) * low >> middle) + addend) >> shift  0 <= v < limit
    y = 0 or 255                                                         v < 0, v >= limit

and y - 128 where outputs are signed. `high` and `low` have 16 bits each: multiplier = high * 2^middle + low. Neither
product leaves 32 bits below the limit, which lies at or behind the step to 255: where v is too long for that, its last
bits are left out (multiplier = high * 2^(middle + skipped) + low then). One comparison of v as an unsigned number tells
both ends from the line. Floors of the inner shifts move boundaries only by what `addend` is chosen to allow; the whole
is proved like every other form.

Of TensorFlow Lite's two roundings the second is half away from zero, so around a zero point inside the range the steps
below it lie one unit of the first rounding off the line of those above (r is the model's right shift). There

    t = v * high + ((v >> skipped) * low >> middle) + addend             below 0 for outputs up to the zero point
    y = ((t < 0 ? t - drop : t) >> shift) + zero point + 1               drop = 2^(shift - r)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mcugen.fixedpoint import Requantization, differences, requantize, step_thresholds
from mcugen.kernels.packed.plain_rescaling import saturates_to_a_byte
from mcugen.kernels.packed.signed_rescaling import has_signed_steps
from mcugen.memo import remembered
from mcugen.passes.intervals import Interval

_WORD = 1 << 32
_INT32 = 1 << 31
_FAR = 1 << 62
_TRIES = 60
_OFFSETS = 16
# (bits taken from middle, from shift) in turn: shorter multipliers give some channels what longer ones cannot.
_SHORTENINGS = ((1, 0), (2, 0), (0, 1), (3, 0), (1, 1), (4, 0), (2, 2))
_HALF_BITS = 16


@dataclass(frozen=True, eq=False)
class SplitRescaling:
    """offset, high, low, addend, limit: int64 [C]. middle, skipped, shift: of the layer. drop: int64 [C], and
    zero_point, where steps lie on two lines."""

    offset: np.ndarray
    high: np.ndarray
    low: np.ndarray
    addend: np.ndarray
    limit: np.ndarray
    middle: int
    skipped: int
    shift: int
    drop: np.ndarray | None = None
    zero_point: int = 0

    @property
    def form(self) -> str:
        """Its name among the forms of requantization."""
        return "fitted_split" if self.drop is None else "fitted_split_signed"

    def apply(self, accumulator: np.ndarray, minimum: int) -> np.ndarray:
        """The output for int64 accumulators [..., C], bias included."""
        v = accumulator + self.offset
        inside = (v >= 0) & (v < self.limit)
        line = np.where(inside, v, 0)
        t = line * self.high + ((line >> self.skipped) * self.low >> self.middle) + self.addend
        if self.drop is None:
            y = (t >> self.shift) + minimum
        else:
            y = ((t - np.where(t < 0, self.drop, 0)) >> self.shift) + self.zero_point + 1
        return np.where(inside, y, np.where(v < 0, minimum, minimum + 255))

    @property
    def stays_in_words(self) -> bool:
        """No product and no sum below the limit leaves 32 bits, and every number has the width of its field."""
        last = np.maximum(self.limit - 1, 0)
        product = (last >> self.skipped) * self.low
        line = last * self.high + (product >> self.middle) + self.addend
        if self.drop is None:
            products = (product < _WORD) & (line < _WORD)
            addends = (self.addend >= 0) & (self.addend < _INT32)
        else:
            products = (product < _WORD) & (line < _INT32) & (self.addend - self.drop >= -_INT32)
            addends = (self.addend >= -(_INT32 >> 1)) & (self.addend < _INT32 >> 1)
        halves = (self.high >= 0) & (self.high < 1 << 16) & (self.low >= 0) & (self.low < 1 << 16)
        return bool(np.all(products & halves & addends & (self.limit >= 0) & (self.limit < _INT32)))


@remembered
def find_split_rescaling(requantization: Requantization, reachable: Interval) -> SplitRescaling | None:
    """A rescaling that is proved equal on `reachable` (accumulators with the bias), or None where there is none."""
    if not saturates_to_a_byte(requantization) and not has_signed_steps(requantization):
        return None
    search = _Search(requantization, reachable)
    for shifts in search.shifts():
        rescaling = search.run(*shifts)
        if rescaling is not None and rescaling.stays_in_words and search.is_proved(rescaling):
            return rescaling
    return None


_Channel = tuple[int, int, int, int, int]


class _Search:
    """Rescalings of one channel after another for given shifts."""

    def __init__(self, requantization: Requantization, reachable: Interval) -> None:
        self.requantization, self.low, self.high = requantization, reachable.low, reachable.high
        self.first = requantize(self.low, requantization) - requantization.minimum
        self.constant = self.first == requantize(self.high, requantization) - requantization.minimum
        self.scales = requantization.multiplier * np.exp2(requantization.shift.astype(np.float64) - 31)
        self.thresholds = step_thresholds(requantization)
        self.signed = not saturates_to_a_byte(requantization)
        # The least output as what is shifted gives it.
        self.base = requantization.minimum - requantization.zero_point - 1 if self.signed else 0
        self.levels = self.base + np.arange(1, requantization.maximum - requantization.minimum + 1, dtype=np.int64)

    def is_proved(self, rescaling: SplitRescaling) -> bool:
        """Equal to the model's requantization on everything that is reachable."""

        def candidate(accumulator: np.ndarray) -> np.ndarray:
            return rescaling.apply(accumulator, self.requantization.minimum)

        return not np.any(differences(self.requantization, candidate, self.low, self.high))

    def shifts(self) -> Iterator[tuple[int, int, int]]:
        """(middle, skipped, shift) to try: no bits skipped, then as few as possible, then shorter multipliers."""
        live = ~self.constant
        top = np.minimum(self.high + 2, self.thresholds[:, -1]) - np.maximum(self.thresholds[:, 0], self.low)
        span = np.minimum(top, self.high - self.low) + 2 / np.maximum(self.scales, 1e-9)
        bits = (int(span[live].max(initial=16)) + 64).bit_length()
        middle, shift = min(32 - bits, _HALF_BITS), 22 if self.signed else 24
        while float(self.scales[live].max(initial=2.0**-20)) * 2.0**shift >= 65535:
            shift -= 1
        yield middle, 0, shift
        for skipped in range(1, bits - _HALF_BITS + 1):
            yield _HALF_BITS - skipped, skipped, shift
        for less_middle, less_shift in _SHORTENINGS:
            if middle > less_middle and shift > less_shift:
                yield middle - less_middle, 0, shift - less_shift

    def run(self, middle: int, skipped: int, shift: int) -> SplitRescaling | None:
        """A rescaling with these shifts, None as soon as a channel has none."""
        channels: list[_Channel] = []
        drop = self._drop(shift)
        for c in range(len(self.low)):
            if self.constant[c]:
                found = self._constant(c, shift)
            else:
                found = self._channel(c, middle, skipped, shift, int(drop[c]))
            if found is None:
                return None
            channels.append(found)
        offset, multiplier_high, multiplier_low, addend, limit = np.array(channels, np.int64).T
        rescaling = SplitRescaling(offset, multiplier_high, multiplier_low, addend, limit, middle, skipped, shift)
        return replace(rescaling, drop=drop, zero_point=self.requantization.zero_point) if self.signed else rescaling

    def _drop(self, shift: int) -> np.ndarray:
        """A unit of the first rounding in units of what is shifted; 0 where it is less than one of those."""
        exponent = shift + self.requantization.shift
        counts = self.signed & ~self.constant & (exponent >= 0) & (exponent <= shift)
        return np.where(counts, np.int64(1) << np.clip(exponent, 0, shift), 0)

    def _constant(self, channel: int, shift: int) -> _Channel | None:
        low, high = int(self.low[channel]), int(self.high[channel])
        addend = (self.base + int(self.first[channel])) << shift
        return (-low, 0, 0, addend, high - low + 1) if addend < _INT32 else None

    def _channel(self, channel: int, middle: int, skipped: int, shift: int, drop: int) -> _Channel | None:
        low, high, thresholds = int(self.low[channel]), int(self.high[channel]), self.thresholds[channel]
        reached, missed = thresholds <= high, thresholds > low
        at, before = np.maximum(thresholds, low), np.minimum(thresholds - 1, high)
        wanted = self._wanted(shift, drop)
        unit = middle + skipped
        bottom = (self.base << shift) + drop << unit
        for multiplier in self._multipliers(channel, unit, shift):
            high_part, low_part = divmod(multiplier, 1 << unit)
            if multiplier <= 0 or max(high_part, low_part) >> _HALF_BITS:
                continue
            # What is added to the line, in units of the multiplier's last bit, if no bit got lost.
            least = int(((wanted << unit) - at * multiplier)[reached].max())
            most = int(((wanted << unit) - 1 - before * multiplier)[missed].min())
            if least > most:
                continue
            furthest = min(((least + most) // 2 - bottom) // multiplier, -low)
            # Where bits are skipped, offsets differ in which accumulators lose how much. What has more than the least
            # output needs v >= 0.
            least_offset = min(-max(int(thresholds[0]), low), furthest)
            for offset in range(furthest, max(furthest - min(1 << skipped, _OFFSETS), least_offset - 1), -1):
                found = self._with_offset(channel, (high_part, low_part, offset), (middle, skipped, shift), drop)
                if found is not None:
                    return found
        return None

    def _with_offset(
        self, channel: int, line: tuple[int, int, int], shifts: tuple[int, int, int], drop: int
    ) -> _Channel | None:
        """The channel with an addend for which every step is right and the limit that goes with it, if there is one."""
        low, high, thresholds = int(self.low[channel]), int(self.high[channel]), self.thresholds[channel]
        (high_part, low_part, offset), (middle, skipped, shift) = line, shifts
        reached, missed = thresholds <= high, thresholds > low
        wanted = self._wanted(shift, drop)

        def t(accumulator: np.ndarray) -> np.ndarray:
            v = accumulator + offset
            return v * high_part + ((v >> skipped) * low_part >> middle)

        # From the least output on, which v = 0 has or a larger one, so that this is non-decreasing.
        lowest = max(int((wanted - t(np.maximum(thresholds, low)))[reached].max()), (self.base << shift) + drop)
        highest = int((wanted - 1 - t(np.minimum(thresholds - 1, high)))[missed].min())
        if lowest > highest or lowest >= _INT32:
            return None
        addend = min((lowest + highest) // 2, _INT32 - 1)
        # The limit: where the line would give 256, or behind all that is reachable.
        top, multiplier = (self.base + 256) << shift, (high_part << (middle + skipped)) + low_part
        limit = -(((addend - top) << (middle + skipped)) // multiplier)
        limit = limit if reached[-1] else min(limit, high + offset + 1)
        if limit < (int(thresholds[-1]) if reached[-1] else high + 1) + offset:
            return None
        fits = (limit - 1 >> skipped) * low_part < _WORD and limit < _INT32
        return (offset, high_part, low_part, addend, limit) if fits else None

    def _wanted(self, shift: int, drop: int) -> np.ndarray:
        """What is shifted where each level begins, before anything is subtracted."""
        return (self.levels << shift) + np.where(self.levels < 0, drop, 0)

    def _multipliers(self, channel: int, unit: int, shift: int) -> Iterator[int]:
        """From the model's own outwards, then with ever more zeros at the end, then with the largest low part that long
        ranges allow."""
        scale = float(self.scales[channel])
        nearest = round(scale * 2.0 ** (shift + unit))
        for zeros, tries in [(0, 2 * _TRIES + 1), *((j, 9) for j in range(2, unit + 1))]:
            rounded = (nearest + (1 << zeros >> 1)) >> zeros
            for attempt in range(tries):
                yield (rounded + (attempt + 1) // 2 * (1 if attempt % 2 else -1)) << zeros
        low, high = int(self.low[channel]), int(self.high[channel])
        length = min(high - int(self.thresholds[channel, 0]), high - low) + 3 / max(scale, 1e-9) + 8
        cap = _WORD // max(int(length), 1)
        if nearest & ((1 << unit) - 1) > cap:
            base = nearest >> unit << unit
            yield from (base + min(cap, (1 << unit) - 1) - i for i in range(40))
            yield from (base + (1 << unit) + i for i in range(40))
