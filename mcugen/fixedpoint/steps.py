"""Requantizations as step functions, and proofs of equality over a range of accumulators.

A requantization is non-decreasing and takes at most 256 values, so it is given by at most 255 thresholds. Two
non-decreasing functions are equal on [low, high] exactly when they agree at both ends and on both sides of every
threshold of one of them: between two neighbouring such points one is constant and the other is squeezed.
"""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

import numpy as np

from mcugen.fixedpoint.requantize import Requantization, requantize

_ACCUMULATORS = np.int64(1) << 31


# By identity: a layer's thresholds are asked for by every form that is tried, and by every proof.
_known: WeakKeyDictionary[Requantization, np.ndarray] = WeakKeyDictionary()


def step_thresholds(requantization: Requantization) -> np.ndarray:
    """The smallest accumulator that yields at least minimum + 1 + j, read-only int64 [C, maximum - minimum].

    Accumulators are int32 even after a left shift. A value that a channel never reaches in that range has the
    threshold 2**31, a value that it never is below has -2**31. Searched for once in a requantization's life.
    """
    thresholds = _known.get(requantization)
    if thresholds is None:
        thresholds = _known[requantization] = _search(requantization)
        thresholds.flags.writeable = False
    return thresholds


def _search(requantization: Requantization) -> np.ndarray:
    """The thresholds of `step_thresholds`, by bisection from where the real scale has them."""
    levels = np.arange(requantization.minimum + 1, requantization.maximum + 1, dtype=np.int64)
    shape = (requantization.channels, len(levels))
    wanted = np.broadcast_to(levels, shape)
    far = np.broadcast_to((_ACCUMULATORS >> np.maximum(requantization.shift, 0))[:, None], shape)
    multiplier = np.maximum(requantization.multiplier, 1)[:, None]
    ratio = np.exp2((31 - requantization.shift)[:, None].astype(np.float64)) / multiplier
    guess = np.clip((wanted - requantization.zero_point - 0.5) * ratio, 3 - far, far - 3).astype(np.int64)

    def reached(accumulator: np.ndarray) -> np.ndarray:
        return wanted <= requantize(accumulator.T, requantization).T

    low, high = guess - 3, guess + 3
    low = np.where(reached(low), -far, low)
    high = np.where(reached(high), high, far)
    while np.any(high - low > 1):
        middle = (low + high) >> 1
        above = reached(middle)
        high = np.where(above, middle, high)
        low = np.where(above, low, middle)
    high = np.where(reached(-far), -_ACCUMULATORS, high)
    return np.where(reached(far), high, _ACCUMULATORS)


def probe_points(requantization: Requantization, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Accumulators that decide equality on [low[c], high[c]]: int64 [P, C], both ends and both sides of every step."""
    thresholds = step_thresholds(requantization)
    points = np.concatenate([thresholds - 1, thresholds, low[:, None], high[:, None]], axis=1)
    return np.clip(points, low[:, None], high[:, None]).T


def differences(
    requantization: Requantization,
    candidate: Callable[[np.ndarray], np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
) -> np.ndarray:
    """Bool [C]: channels in which `candidate` differs from the requantization somewhere on [low[c], high[c]].

    candidate: a non-decreasing function of int64 [P, C] accumulators, channel by channel. low, high: int64 [C].
    """
    points = probe_points(requantization, low, high)
    return np.any(candidate(points) != requantize(points, requantization), axis=0)


def constant_channels(requantization: Requantization, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Bool [C]: channels whose output is the same for every accumulator in [low[c], high[c]]."""
    return requantize(low, requantization) == requantize(high, requantization)
