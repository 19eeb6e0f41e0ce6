"""What stands for a function that no emulator has counted: the costliest measured one of its sort on the same core.

A prediction that leaves such a function out is too low by an unknown amount, and one that is not made at all helps
nobody choose a board. So it is estimated, high rather than low, and says so. The sort is what the function does
(depthwise, matrix, im2col, stage, or an operator of its own), since loops of one sort do the same work a turn. A wider
window costs more in proportion to its taps, although its other work does not grow. And half is added to a kind as a
whole: with each measured kind of the bundled model taken for unmeasured, in turn, no time of the net then comes out
more than 3 % too low.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from mcugen.plan.constants import Constants
from mcugen.plan.part import Part

_SORTS = ("depthwise", "matrix", "im2col", "stage")
_WINDOW = re.compile(r"\b(\d+)x(\d+)\b")
_CALLS = ("call",)
_MARGIN = 1.5


@dataclass(frozen=True)
class Estimate:
    """instructions, cycles: of all turns. by: the kind of function that stands for this one."""

    instructions: float
    cycles: float
    by: str


def estimate(functions: Mapping[str, Constants], part: Part) -> Estimate:
    """The cost of a part whose kind, or one of whose loops, is not in `functions`, the table of the core."""
    kinds = {kind: own for kind, own in functions.items() if own}
    # Kinds that know most of the loops; every one where nothing of the sort was measured.
    candidates = {kind: own for kind, own in kinds.items() if sort_of(kind) == sort_of(part.kind)} or kinds
    if part.kind in kinds:
        candidates = {part.kind: kinds[part.kind]}
    most = max(_known(constants, part) for constants in candidates.values())
    of_most = {kind: constants for kind, constants in candidates.items() if _known(constants, part) == most}
    found = [_as(functions, kind, constants, part) for kind, constants in of_most.items()]
    return max(found, key=lambda each: (each.instructions, each.by))


def _as(functions: Mapping[str, Constants], kind: str, constants: Constants, part: Part) -> Estimate:
    totals = [0.0, 0.0]
    for turn, count in part.turns.items():
        if not count:
            continue
        cost = constants.get(turn) or _turn(functions, constants, kind, turn)
        totals = [total + count * each for total, each in zip(totals, cost, strict=True)]
    factor = 1.0 if kind == part.kind else _MARGIN * max(1.0, _taps(part.kind) / _taps(kind))
    return Estimate(factor * totals[0], factor * totals[1], kind)


def _turn(functions: Mapping[str, Constants], constants: Constants, kind: str, turn: str) -> tuple[float, float]:
    """A loop that the kind was not measured with: the costliest of the kind that does the same under another condition,
    else the costliest of the same name, whatever the numbers in it, of its sort, else the costliest loop of the kind.
    """
    alike = [cost for loop, cost in constants.items() if _task(loop) == _task(turn) and loop not in _CALLS]
    if any(any(cost) for cost in alike):
        return max(alike)
    name = _without_numbers(turn)
    same = [
        cost
        for other, costs in functions.items()
        if sort_of(other) == sort_of(kind)
        for loop, cost in costs.items()
        if _without_numbers(loop) == name
    ]
    return max(same or [cost for loop, cost in constants.items() if loop not in _CALLS], default=(0.0, 0.0))


def _task(loop: str) -> str:
    """What a turn of the loop does: its name without the condition."""
    return re.split(r" (?:of|by|across|with)\b", loop)[0]


def _known(constants: Constants, part: Part) -> int:
    return sum(turn in constants for turn, count in part.turns.items() if count)


def sort_of(kind: str) -> str:
    """What functions of this kind do; "" for an operator that is a stage of its own."""
    words = kind.split()
    return next((sort for sort in _SORTS if sort in words), "convolution" if "convolution" in words else "")


def _taps(kind: str) -> int:
    sizes: Iterable[str] = match.groups() if (match := _WINDOW.search(kind)) else ()
    return prod(map(int, sizes))


def _without_numbers(name: str) -> str:
    return re.sub(r"\d+", "#", name)
