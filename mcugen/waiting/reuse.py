"""How much of what is read a cache has no longer: by how much else was read since the last time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from mcugen.targets.memory import Cache
from mcugen.waiting.touches import Touch

_KINDS = {"code": 0, "weights": 1, "tables": 1, "rows": 2, "stored": 2}
"""By cause, what lies together: functions, tables, the arena."""
_ALIGNMENT = 4


def reuse_of(touches: Sequence[Touch]) -> np.ndarray:
    """float64 [touches, 3, 2]: of functions, tables and rows, the bytes and the number of others that were touched
    since the same thing was the last time, in the second of two inferences, one after the other."""
    numbers = {name: i for i, name in enumerate(dict.fromkeys(touch.name for touch in touches))}
    which = [numbers[touch.name] for touch in touches]
    sizes = np.zeros((len(numbers), 3, 2))
    last = np.full(len(numbers), -1)
    for time, (number, touch) in enumerate(zip(which, touches, strict=True)):
        place = sizes[number, _KINDS[touch.cause]]
        place[:] = max(place[0], touch.bytes), 1
        last[number] = time
    found = np.zeros((len(which), 3, 2))
    for time, number in enumerate(which):
        found[time] = sizes[last > last[number]].sum(axis=0)
        last[number] = len(which) + time
    return found


def missing_share(cache: Cache, own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The share of the lines of each of N ranges of addresses that a cache has no longer, float64 [N].

    own: lines of the range, float64 [N]. others: lines that were read since, by the range that they lie in, float64
    [N, ranges].

    A line is gone where at least as many others fell into its set as that has ways. A range spreads its lines evenly:
    each set has as many as the division by their number says, and some one more; which of them is as good as random.
    """
    whole, rest = np.divmod(own, cache.sets)
    # Of its own range a line is not among the others.
    counts = [(np.maximum(whole - 1, 0), np.where(whole > 0, rest * (whole + 1) / np.maximum(own, 1), 0.0))]
    for lines in others.T:
        whole, rest = np.divmod(lines, cache.sets)
        counts.append((whole, rest / cache.sets))
    share = np.zeros(len(own))
    for choice in product((0, 1), repeat=len(counts)):
        probability, found = np.ones(len(own)), np.zeros(len(own))
        for more, (least, chance) in zip(choice, counts, strict=True):
            probability = probability * (chance if more else 1 - chance)
            found = found + least + more
        share += probability * (found >= cache.ways)
    return share


def line_count(cache: Cache, size: np.ndarray, things: np.ndarray | int = 1) -> np.ndarray:
    """Lines that so many things have, of so many bytes altogether, wherever they begin; none of nothing."""
    return np.where(size > 0, (size + things * (cache.line_bytes - _ALIGNMENT)) / cache.line_bytes, 0.0)
