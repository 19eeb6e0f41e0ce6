"""TensorFlow Lite's two roundings, of sums of either sign, with one multiplication and one shift.

The first rounding is half up, the second half away from zero, so the steps below the zero point lie one unit of the
first rounding off the line of those above. In units of the product, and halved, that is a term whose sign is the sum's:

    y = saturate((((a * multiplier + (a < 0 ? -half - 1 : half)) >> 32) + (zero point + 1/2) * 2^shift) >> shift)

with multiplier = M * 2^(shift + 1 - r) and half = 2^(31 + shift - r) for the model's multiplier M and right shift r.
The shift is one for the whole layer, r - 1 for its smallest r, so multipliers of channels with larger r lose bits:
multiplier and half are searched around these values until every step lies where the model has it, and proved like every
other form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.fixedpoint import Requantization, Rounding, differences, requantize, step_thresholds
from mcugen.memo import remembered
from mcugen.passes.intervals import Interval

_MULTIPLIERS = 60
_INT32 = 1 << 31
_LARGEST_SHIFT = 20
# Twice the zero point and 1 have to be a number of 8 bits, which an instruction can add.
_LARGEST_ZERO_POINT = 127
_FAR = 1 << 62


@dataclass(frozen=True, eq=False)
class SignedRescaling:
    """offset, multiplier, half: int64 [C]; half is even, and half + 1 does as well. The offset is added to accumulators
    first; only channels whose output is constant have one. shift, zero_point: of the layer."""

    offset: np.ndarray
    multiplier: np.ndarray
    half: np.ndarray
    shift: int
    zero_point: int

    @property
    def form(self) -> str:
        """Its name among the forms of requantization."""
        return "fitted_signed"

    @property
    def centre(self) -> int:
        """What is added before the shift."""
        return (2 * self.zero_point + 1) << (self.shift - 1)

    def apply(self, accumulator: np.ndarray, minimum: int) -> np.ndarray:
        """The output for int64 accumulators [..., C], bias included."""
        value = accumulator + self.offset
        high = (value * self.multiplier + np.where(value < 0, -self.half - 1, self.half)) >> 32
        return np.clip((high + self.centre) >> self.shift, minimum, minimum + 255)


def has_signed_steps(requantization: Requantization) -> bool:
    """Whether outputs saturate to a whole byte and have a zero point within it, from which halves are rounded away."""
    minimum, zero_point = requantization.minimum, requantization.zero_point
    whole_byte = minimum in (0, -128) and requantization.maximum == minimum + 255
    return whole_byte and requantization.rounding is Rounding.DOUBLE and minimum < zero_point <= _LARGEST_ZERO_POINT


@remembered
def find_signed_rescaling(requantization: Requantization, reachable: Interval) -> SignedRescaling | None:
    """A rescaling that is proved equal on `reachable` (accumulators with the bias), or None where there is none."""
    if not has_signed_steps(requantization):
        return None
    low, high = reachable.low, reachable.high
    outputs = requantize(low, requantization)
    live = outputs != requantize(high, requantization)
    right = -requantization.shift
    shift = min(int(right[live].min(initial=_LARGEST_SHIFT + 1)) - 1, _LARGEST_SHIFT)
    if shift < 1:
        return None
    found = [
        _channel(requantization.select(np.array([c])), int(low[c]), int(high[c]), shift)
        if live[c]
        else _constant(int(outputs[c]) - requantization.zero_point, int(low[c]), int(high[c]), shift)
        for c in range(len(low))
    ]
    if any(one is None for one in found):
        return None
    offset, multiplier, half = np.array([one for one in found if one is not None], np.int64).T
    for lowest_bit in (1, 0):
        rescaling = SignedRescaling(offset, multiplier, half + lowest_bit, shift, requantization.zero_point)

        def candidate(accumulator: np.ndarray, rescaling: SignedRescaling = rescaling) -> np.ndarray:
            return rescaling.apply(accumulator, requantization.minimum)

        if np.any(differences(requantization, candidate, low, high)):
            return None
    return rescaling


def _constant(output: int, low: int, high: int, shift: int) -> tuple[int, int, int] | None:
    """(offset, multiplier, half): the middle of the range lies in the middle of the output's step, which is wider than
    the range. output: less the zero point."""
    step_bits = max((high - low + 4).bit_length(), shift + 2)
    offset = (output << step_bits) - (low + high) // 2
    if step_bits > 32 + shift or abs(offset) + max(abs(low), abs(high)) >= _INT32:
        return None
    return offset, 1 << (32 + shift - step_bits), 0


def _channel(requantization: Requantization, low: int, high: int, shift: int) -> tuple[int, int, int] | None:
    """(offset, multiplier, half) of one channel: the multiplier nearest to the model's own for which some half does."""
    thresholds = step_thresholds(requantization)[0]
    levels = np.arange(requantization.minimum + 1, requantization.maximum + 1, dtype=np.int64)
    # From where on the high half of the product, without the centre, gives a level.
    wanted = ((levels << shift) - ((2 * requantization.zero_point + 1) << (shift - 1))) << 32
    # A level is reached at its threshold and not before it, where those accumulators can occur.
    reached, missed = thresholds <= high, thresholds > low
    at, before = np.maximum(thresholds, low)[reached], np.minimum(thresholds - 1, high)[missed]
    bits = shift + 1 + int(requantization.shift[0])
    nearest = round(int(requantization.multiplier[0]) * 2.0**bits)
    for attempt in range(2 * _MULTIPLIERS + 1):
        multiplier = nearest + (attempt + 1) // 2 * (1 if attempt % 2 else -1)
        if not 0 <= multiplier < _INT32:
            continue
        # What must be added at least to reach a level, and at most not to reach it too early.
        least, most = wanted[reached] - at * multiplier, wanted[missed] - 1 - before * multiplier
        # Below 0 it is -half - 1 that is added.
        lowest = max(_largest(least[at >= 0]), _largest(-1 - most[before < 0]), 0)
        highest = min(_smallest(most[before >= 0]), _smallest(-1 - least[at < 0]), _INT32 - 1)
        half = (lowest + highest) // 2 & ~1
        if lowest <= half and half + 1 <= highest:
            return 0, multiplier, half
    return None


def _largest(values: np.ndarray) -> int:
    return int(values.max(initial=-_FAR))


def _smallest(values: np.ndarray) -> int:
    return int(values.min(initial=_FAR))
