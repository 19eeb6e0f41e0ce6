"""What of a function's instructions belongs to which of its loops, by how often each was executed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from counting import Row

_SMALL = 100
"""Instructions below which an error is no longer weighed against the function's size."""
_ALIKE = 1.1
"""Numbers of turns that are closer are not told apart: rows are found in a loop and once before it."""


@dataclass(frozen=True, eq=False)
class Equations:
    """What constants of loops have to explain. design: turns, by row and loop. counted: instructions of each row, and
    modelled cycles. weights: what an error in instructions is multiplied by, and one in cycles."""

    loops: list[str]
    design: np.ndarray
    counted: tuple[np.ndarray, np.ndarray]
    weights: tuple[np.ndarray, np.ndarray]


def equations(rows: Sequence[Row], *, by_times: bool, whole: float = 1.0) -> Equations:
    """A row for each function; by_times: and one for each number of turns that loops of it have. Instructions that were
    executed as often as these loops turn are theirs, and so are those that were executed less often, but more often
    than any other loop turns: not in every turn. whole: how much an error of a function weighs, against one of its
    loops."""
    loops = sorted({loop for row in rows for loop, turns in row.part.turns.items() if turns})
    design, counted, weights = [], [], []
    for row in rows:
        turns = np.array([row.part.turns.get(loop, 0.0) for loop in loops])
        counts = np.array([row.instructions, row.cycles], float)
        design.append(turns)
        counted.append(counts)
        weights.append(whole / np.maximum(counts, _SMALL))
        # Code that copies columns has several turns of a loop written out, and runs less often than that turns.
        for first, last, share in _shares(row) if by_times and row.part.function == "stage" else ():
            design.append(np.where((turns >= first) & (turns <= last), turns, 0.0))
            counted.append(share)
            weights.append(1 / np.maximum(counts, _SMALL))
    sides = np.array(counted).T
    each = np.array(weights).T
    return Equations(loops, np.array(design), (sides[0], sides[1]), (each[0], each[1]))


def _shares(row: Row) -> Iterator[tuple[float, float, np.ndarray]]:
    """Instructions and cycles of loops of about one number of turns: its least, its most."""
    groups: list[list[float]] = []
    for number in sorted({turns for turns in row.part.turns.values() if turns}) if row.by_times else ():
        if groups and number <= _ALIKE * groups[-1][0]:
            groups[-1].append(number)
        else:
            groups.append([number])
    below = 0.0
    for group in groups:
        most = np.inf if group is groups[-1] else group[-1]
        inside = [counts for times, counts in row.by_times.items() if below < times <= most]
        yield group[0], group[-1], np.array(inside, float).sum(axis=0) if inside else np.zeros(2)
        below = most
