"""Rescalings: requantization in two instructions of processors with a high multiply and a shifting saturation.

The accumulator a is summed 256-fold (values or weights lie in the high byte of 16-bit operands), and

    y = saturate((((256 * a + offset) * multiplier >> 32) + addend) >> shift)     SMMLA; USAT #8, ASR #shift

with one shift for the whole layer, and addend 0 (SMMUL) wherever that suffices. A requantization is given by the
accumulators at which it steps, so multiplier and offset of a channel are right exactly when every step lies where the
model has it: for each multiplier that is an interval of offsets. The search tries multipliers around the model's own
until some interval holds an integer; what it finds is then proved over the reachable range like every other form.

The offset grows with the distance of the outputs from 0 and with the inverse of the channel's scale. Where whoever
reads the output can take it less a constant of the channel, its base, channels whose offset would be too large get one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.fixedpoint import Requantization, Rounding, differences, requantize, step_thresholds
from mcugen.memo import remembered
from mcugen.passes.intervals import Interval

SCALE = 256
# Distances from a channel's own multiplier: of all open channels at once, and of each that is still open.
_TRIES = 400
_FAR_TRIES = _TRIES + 1 + 3_600
_CHUNKS = 18
_FEW_CHANNELS = 8
# Addends to try where 0 does not suffice: each moves the boundaries by a different fraction of an offset's step.
_ADDENDS = (1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29)
_HIGH_WORD = np.int64(1) << 32
_INT32 = np.int64(1) << 31


@dataclass(frozen=True, eq=False)
class Rescaling:
    """offset, multiplier, addend, base: int64 [C]. shift: of the layer. The output less the base is what is computed.
    scale: what the accumulator is multiplied by before the offset is added."""

    offset: np.ndarray
    multiplier: np.ndarray
    addend: np.ndarray
    shift: int
    base: np.ndarray
    scale: int = SCALE

    @property
    def form(self) -> str:
        """Its name among the forms of requantization."""
        if self.scale == 1:
            return "fitted_plain"
        return "fitted_addend" if np.any(self.addend) else "fitted"

    def apply(self, accumulator: np.ndarray, minimum: int) -> np.ndarray:
        """The output for int64 accumulators [..., C], bias included, saturated to minimum..minimum + 255 before the
        base is added."""
        high = (self.scale * accumulator + self.offset) * self.multiplier >> 32
        return np.clip((high + self.addend) >> self.shift, minimum, minimum + 255) + self.base


@remembered
def find_rescaling(
    requantization: Requantization,
    reachable: Interval,
    *,
    addends: bool = True,
    shift: int | None = None,
    room: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    grain: int = 1,
) -> Rescaling | None:
    """A rescaling that is proved equal on `reachable` (accumulators with the bias), or None where there is none.

    Only for outputs that saturate to a whole byte, 0..255 or -128..127. addends: False if none may be needed.
    shift: that the rescaling must have; by default the largest possible, which leaves multipliers most bits.
    room, bias: int64 [C]; channels get a base where the magnitude of offset + 256 * bias would not be less than the
    room. None: no bases.
    grain: multipliers are multiples of it.
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
    most = min(int(np.floor(7 - np.log2(largest))), 22)
    shift = most if shift is None else shift
    if not 1 <= shift <= most:
        return None
    search = _Search(requantization, low, high, scales * 2.0 ** (24 + shift), shift, grain)
    open_channels = search.run_far(search.run(np.flatnonzero(~constant), 0))
    for addend in _ADDENDS if addends else ():
        open_channels = search.run(open_channels, addend)
    if room is not None and bias is not None:
        too_large = np.flatnonzero(np.abs(search.offset + SCALE * bias) >= room)
        open_channels = search.run_with_bases(np.union1d(open_channels, too_large))
        if np.any(np.abs(search.offset + SCALE * bias) >= room):
            return None
    rescaling = search.found()
    if len(open_channels) or np.any(np.abs(SCALE * np.stack([low, high]) + rescaling.offset) >= _INT32):
        return None

    def candidate(accumulator: np.ndarray) -> np.ndarray:
        return rescaling.apply(accumulator, minimum)

    return None if np.any(differences(requantization, candidate, low, high)) else rescaling


class _Search:
    """Offsets and multipliers channel by channel; those of constant channels from the start."""

    def __init__(
        self,
        requantization: Requantization,
        low: np.ndarray,
        high: np.ndarray,
        exact: np.ndarray,
        shift: int,
        grain: int,
    ) -> None:
        self.low, self.high, self.shift, self.grain = low, high, shift, grain
        self.levels = np.arange(requantization.minimum + 1, requantization.maximum + 1, dtype=np.int64)
        self.thresholds = step_thresholds(requantization)
        self.first, self.last = requantize(low, requantization), requantize(high, requantization)
        constant = self.first == self.last
        self.multiplier = np.where(constant, np.int64(1) << 24, 0)
        middle = (2 * self.first + 1) << (7 + shift)
        self.offset = np.where(constant, middle - SCALE * ((low + high) // 2), 0)
        self.nearest = np.rint(exact / grain).astype(np.int64) * grain
        self.addend, self.base = np.zeros_like(self.offset), np.zeros_like(self.offset)

    def found(self) -> Rescaling:
        """What was found."""
        return Rescaling(self.offset, self.multiplier, self.addend, self.shift, self.base)

    def run(self, channels: np.ndarray, addend: int) -> np.ndarray:
        """Searches without a base and returns the channels for which there is none near their own multiplier."""
        for attempt in range(2 * _TRIES + 1):
            if len(channels) == 0:
                break
            found = self._try(channels, self.nearest[channels] + self.grain * _distance(attempt), addend)
            channels = channels[~found]
        return channels

    def run_far(self, channels: np.ndarray) -> np.ndarray:
        """The same without addends, farther from their own multiplier, where few channels are open."""
        if len(channels) > _FEW_CHANNELS:
            return channels
        distances = np.arange(_TRIES + 1, _FAR_TRIES)
        both = self.grain * np.stack([distances, -distances], axis=1).reshape(-1)
        return np.array([c for c in channels.tolist() if not self._far(c, self.nearest[c] + both)], np.int64)

    def _far(self, channel: int, multipliers: np.ndarray) -> bool:
        chunks = np.split(multipliers, _CHUNKS)
        return any(np.any(self._try(np.full(len(tried), channel), tried, 0)) for tried in chunks)

    def _try(self, channels: np.ndarray, multipliers: np.ndarray, addend: int) -> np.ndarray:
        """Keeps what fits and returns for which entries that is so; the first entry of a channel counts."""
        # An offset must put the level's boundary at or below the threshold and above the accumulator before it. Steps
        # outside the reachable range only have to stay outside it.
        low, high, thresholds = self.low[channels, None], self.high[channels, None], self.thresholds[channels]
        multipliers = np.clip(multipliers, self.grain, _INT32 - self.grain)
        wanted = self.levels << (32 + self.shift)
        boundary = -((addend * _HIGH_WORD - wanted[None, :]) // multipliers[:, None])
        least = np.where(thresholds <= high, boundary - SCALE * np.minimum(thresholds, high), -(_INT32 << 8))
        most = np.where(thresholds > low, boundary - 1 - SCALE * np.maximum(thresholds - 1, low), _INT32 << 8)
        lowest, highest = least.max(axis=1), most.min(axis=1)
        found = lowest <= highest
        chosen = channels[found][::-1]
        self.multiplier[chosen], self.addend[chosen] = multipliers[found][::-1], addend
        self.offset[chosen] = ((lowest + highest) // 2)[found][::-1]
        return found

    def run_with_bases(self, channels: np.ndarray) -> np.ndarray:
        """Searches for channels whose lowest output is computed as 0 and returns those for which there is none."""
        return np.array([c for c in channels.tolist() if not self._with_base(c)], np.int64)

    def _with_base(self, channel: int) -> bool:
        low, high = int(self.low[channel]), int(self.high[channel])
        first, last = int(self.first[channel]), int(self.last[channel])
        inside = (self.levels > first) & (self.levels <= last)
        steps = self.thresholds[channel][inside]
        # Nothing saturates here: the level of the lowest accumulator is reached there, that above the highest is not.
        wanted = np.arange(last - first + 2) << (32 + self.shift)
        reached = np.concatenate([[low], steps])
        before = np.concatenate([steps - 1, [high]])
        tried = self._multipliers(channel, steps)
        boundary = -(-wanted[None, :] // tried[:, None])
        lowest = (boundary[:, :-1] - SCALE * reached).max(axis=1)
        highest = (boundary[:, 1:] - 1 - SCALE * before).min(axis=1)
        found = np.flatnonzero(lowest <= highest)[:1]
        for attempt in found.tolist():
            self.multiplier[channel], self.addend[channel], self.base[channel] = tried[attempt], 0, first
            self.offset[channel] = (lowest[attempt] + highest[attempt]) // 2
        return len(found) > 0

    def _multipliers(self, channel: int, steps: np.ndarray) -> np.ndarray:
        distances = np.array([_distance(attempt) for attempt in range(2 * _TRIES + 1)])
        tried = self.nearest[channel] + self.grain * distances
        if len(steps) == 1:
            # One step may be as flat as the range asks.
            widest = max(int(steps[0] - self.low[channel]), int(self.high[channel] - steps[0])) + 2
            tried = np.append(tried, (1 << 32 + self.shift) // (SCALE * widest) // self.grain * self.grain)
        return np.clip(tried, self.grain, _INT32 - self.grain)


def _distance(attempt: int) -> int:
    """0, 1, -1, 2, -2, and so on."""
    return (attempt + 1) // 2 * (1 if attempt % 2 else -1)
