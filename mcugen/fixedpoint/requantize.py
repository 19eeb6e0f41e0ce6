"""Requantization: from an int32 accumulator to a stored 8-bit value, one multiplier and shift a channel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

_INT32 = np.int64(1) << 31


class Rounding(Enum):
    """How a product with a fixed-point multiplier is rounded.

    DOUBLE: TensorFlow Lite's MultiplyByQuantizedMultiplier (gemmlowp), one rounding of the high half of the doubled
        product and another one, half away from zero, of the remaining shift.
    SINGLE: one rounding of the exact product, half up.
    """

    DOUBLE = "double"
    SINGLE = "single"


@dataclass(frozen=True, eq=False)
class Requantization:
    """y = clamp(round(accumulator * multiplier * 2**(shift - 31)) + zero_point, minimum, maximum).

    multiplier, shift: int64 [C] (or [1], the same for all channels), multiplier in [2**30, 2**31) or 0; a positive
    shift is to the left. zero_point, minimum, maximum: of the stored output.
    """

    multiplier: np.ndarray
    shift: np.ndarray
    rounding: Rounding
    zero_point: int
    minimum: int
    maximum: int

    @property
    def channels(self) -> int:
        return len(self.multiplier)

    def select(self, channels: np.ndarray) -> Requantization:
        """The requantization of only these channels (indices or mask)."""
        if self.channels == 1:
            return self
        return replace(self, multiplier=self.multiplier[channels], shift=self.shift[channels])

    def broadcast(self, channels: int) -> Requantization:
        """The same with one entry for each of `channels` channels."""
        if self.channels == channels:
            return self
        return replace(self, multiplier=np.repeat(self.multiplier, channels), shift=np.repeat(self.shift, channels))

    def clamped(self, minimum: int, maximum: int) -> Requantization:
        """The same with its clamp narrowed to these bounds."""
        low, high = narrowed((self.minimum, self.maximum), (minimum, maximum))
        return replace(self, minimum=low, maximum=high)

    def offset(self, delta: int) -> Requantization:
        """The same function with `delta` added to every output value: another storage type."""
        return replace(
            self,
            zero_point=self.zero_point + delta,
            minimum=self.minimum + delta,
            maximum=self.maximum + delta,
        )


def narrowed(clamp: tuple[int, int], bounds: tuple[int, int]) -> tuple[int, int]:
    """One clamp to (minimum, maximum) that does what `clamp` and then `bounds` do."""
    low, high = (min(max(end, bounds[0]), bounds[1]) for end in clamp)
    return low, high


def high_multiply(value: np.ndarray, multiplier: np.ndarray) -> np.ndarray:
    """round(value * multiplier / 2**31), half up: gemmlowp's SaturatingRoundingDoublingHighMul, which this equals for
    every pair of int32 but the saturating (-2**31)**2, which no multiplier of ours can reach."""
    return (value * multiplier + (1 << 30)) >> 31


def rounding_shift(value: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """round(value / 2**shift), half away from zero: gemmlowp's RoundingDivideByPOT. shift >= 0."""
    mask = (np.int64(1) << shift) - 1
    remainder = value & mask
    return (value >> shift) + (remainder > (mask >> 1) + (value < 0))


def _saturated(value: np.ndarray, left: np.ndarray | int) -> np.ndarray:
    """value held to what fits int32, -2**31 to 2**31 with both ends, once it is shifted by `left` bits.

    No product below can leave int64 then, and every function of it stays non-decreasing: what lies further out can only
    end at a clamp. Whether a model's own sums stay inside is proved before anything is compiled.
    """
    limit = _INT32 >> np.asarray(left)
    return np.clip(value, -limit, limit)


def scale_double(value: np.ndarray, multiplier: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """value * multiplier * 2**(shift - 31) with TensorFlow Lite's two roundings. All int64 arrays (or scalars).

    Values that leave int32 by the left shift are as the outermost that do not.
    """
    left, right = np.maximum(shift, 0), np.maximum(-shift, 0)
    return rounding_shift(high_multiply(_saturated(value, left) << left, multiplier), right)


def scale_single(value: np.ndarray, multiplier: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """value * multiplier * 2**(shift - 31) rounded once, half up; shift <= 30. Values beyond int32 are as its ends."""
    right = 31 - shift
    return (_saturated(value, 0) * multiplier + (np.int64(1) << (right - 1))) >> right


def requantize(accumulator: np.ndarray, requantization: Requantization) -> np.ndarray:
    """The stored values for int accumulators of shape [..., C], as int64 of the same shape."""
    scale = scale_double if requantization.rounding is Rounding.DOUBLE else scale_single
    scaled = scale(accumulator.astype(np.int64), requantization.multiplier, requantization.shift)
    return np.clip(scaled + requantization.zero_point, requantization.minimum, requantization.maximum)
