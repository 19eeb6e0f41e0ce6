"""Constants of a kind of function: what of its executed instructions each of its loops takes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from attribution import Equations, equations
from counting import Row
from scipy.optimize import nnls
from tables import Solved

from mcugen.plan.constants import Constants
from mcugen.plan.part import is_alike_everywhere

_SMALL = 100
"""Instructions below which an error is no longer weighed against the function's size."""

_CLOSE = 0.03
"""Relative errors below which all are alike."""
_ROUNDS = 5
_SPREAD = 1e-3
"""What costs are shared out with among loops that always turn together."""
_PULL = 0.03
"""How much a loop is drawn to what it usually costs: enough to decide what functions leave open."""
_PULL_OF_FEW = 0.4
"""The same where it is a few networks that are added: windows of a few sizes hardly tell rows from cells."""
_FUNCTIONS_OF_A_LOOP = 2
"""Functions for each loop below which they hardly tell loops apart."""
_FIXED = 10.0
"""The same where nothing is to be learned."""
_NEGLIGIBLE = 0.02
"""Share of a function below which it does not tell what a loop costs: that is what it usually costs."""
_MANY = 1.5
"""Functions for each loop that tell its constant by themselves."""
_FEWEST_CYCLES = 0.5
"""Cycles of an instruction at the least: two may issue together, and a condition be folded into what follows it."""
_WHOLE, _NEARLY = 16.0, 1.1
"""How much functions weigh against their loops where both have a say; and how much more error they may then have."""
_FEW = 0.25
"""Share of loops that are not told apart where the others are."""


def closest(rows: Sequence[Row], usual: Constants) -> Solved:
    """Constants of one kind, drawn to what is usual: by how often each instruction was executed; where functions are
    many by these alone, if that explains them better; and by both, if that explains them nearly as well, since windows
    of one size do not tell cells from rows."""
    several = len(rows) >= _FUNCTIONS_OF_A_LOOP * len({loop for row in rows for loop in row.part.turns})
    pull = _PULL if several and all(row.by_times for row in rows) else _PULL_OF_FEW
    solved = [alone(rows, usual, alone(rows, {}, by_times=True), pull, by_times=True)]
    if len(rows) >= _MANY * len(solved[0]) and _together(equations(rows, by_times=False)) < _FEW * len(solved[0]):
        # They tell loops apart by themselves, and better than how often loops turn that depend on data.
        solved.append(alone(rows, usual, alone(rows, {}), pull))
    best = min(solved, key=partial(error, rows))
    if len(solved) == 1 or not any(row.by_times for row in rows):
        return best
    both = alone(rows, usual, alone(rows, {}, by_times=True, whole=_WHOLE), pull, by_times=True, whole=_WHOLE)
    return both if error(rows, both) <= _NEARLY * error(rows, best) else best


def alone(
    rows: Sequence[Row],
    usual: Constants,
    first: Constants | None = None,
    usual_pull: float = _PULL,
    *,
    by_times: bool = False,
    whole: float = 1.0,
) -> Solved:
    """Constants of one kind, drawn to what is usual. first: what they are without that. usual_pull: how much. by_times:
    by how often each instruction was executed, too. whole: how much an error of a function weighs, against one of its
    loops."""
    found = equations(rows, by_times=by_times, whole=whole)
    loops, design = found.loops, found.design
    least = np.zeros(len(loops))
    solved = []
    for side, (counted, weights) in enumerate(zip(found.counted, found.weights, strict=True)):
        goal = np.array([usual.get(loop, (0.0, 0.0))[side] for loop in loops])
        # Of work that is alike everywhere what is usual says more than a few turns of it do.
        alike = [usual if is_alike_everywhere(loop) else first or usual for loop in loops]
        cost = np.array([of_loop.get(loop, (0.0, 0.0))[side] for loop, of_loop in zip(loops, alike, strict=True)])
        shares = (design * np.maximum(goal, cost) * weights[:, None]).max(axis=0)
        pull = np.where(shares == 0, _SPREAD, np.where(shares < _NEGLIGIBLE, _FIXED, _PULL))
        pull = np.where((pull == _PULL) & (goal > 0), usual_pull, pull)
        solved.append(least + _constants(design, counted - design @ least, weights, np.maximum(goal - least, 0), pull))
        if any(row.cycles for row in rows):
            least = _FEWEST_CYCLES * solved[0]
    return {loop: (a, b) for loop, a, b in zip(loops, *solved, strict=True)}


def solve(kind: str, rows: Sequence[Row], own: Solved, like: Constants) -> Solved:
    """Constants of one kind. own: what its rows give. like: another core's, which take their place where rows do not
    tell loops apart and they fit better, and stand for loops that no row has."""
    found = equations(rows, by_times=False)
    loops = found.loops
    together = _together(found)
    remark = f", {together} of {len(loops)} loops not told apart" * bool(together)
    other, factor = _scaled(rows, like)
    if set(own) <= set(other) and together and error(rows, other) < error(rows, own):
        own, remark = other, f", as on the other core times {factor:.3f}"
    _print(kind, rows, own, remark)
    return all_rounded(dict(sorted((other | own).items())))


def _together(found: Equations) -> int:
    """How many loops are not told apart by the functions that have them."""
    return len(found.loops) - int(np.linalg.matrix_rank(found.design / found.design.max(axis=0)))


def _scaled(rows: Sequence[Row], like: Constants) -> tuple[Solved, float]:
    """The constants of another core, multiplied by what the functions say that have no other loops; and by how much
    instructions are."""
    known = [row for row in rows if all(loop in like for loop, turns in row.part.turns.items() if turns)]
    factors = [1.0, 1.0]
    for side, counted in enumerate(_sides(known)):
        predicted = sum(like[loop][side] * turns for row in known for loop, turns in row.part.turns.items() if turns)
        factors[side] = sum(counted) / predicted if predicted else 1.0
    return {loop: (a * factors[0], b * factors[1]) for loop, (a, b) in like.items()}, factors[0]


def _predicted(rows: Sequence[Row], constants: Constants) -> np.ndarray:
    """Instructions."""
    return np.array([sum(constants[loop][0] * n for loop, n in row.part.turns.items() if n) for row in rows])


def error(rows: Sequence[Row], constants: Constants) -> float:
    """The sum of the relative errors of functions."""
    counted = np.array([row.instructions for row in rows])
    return float(np.sum(np.abs(_predicted(rows, constants) - counted) / np.maximum(counted, _SMALL)))


def all_rounded(constants: Constants) -> Solved:
    """To a tenth; to a hundredth below ten, where most of a function may be turns of one loop."""
    return {
        loop: (round(instructions, 1 if instructions >= 10 else 2), round(cycles, 1 if cycles >= 10 else 2))
        for loop, (instructions, cycles) in constants.items()
    }


def _print(kind: str, rows: Sequence[Row], constants: Constants, remark: str) -> None:
    errors = _predicted(rows, constants) / np.maximum([row.instructions for row in rows], 1) - 1
    print(f"    {kind:45} {len(rows):4} functions, {float(errors[np.argmax(np.abs(errors))]):+8.2%} at most{remark}")


def _sides(rows: Sequence[Row]) -> tuple[list[int], list[int]]:
    return [row.instructions for row in rows], [row.cycles for row in rows]


def _constants(
    design: np.ndarray, counted: np.ndarray, weights: np.ndarray, usual: np.ndarray, pull: np.ndarray
) -> np.ndarray:
    """Non-negative, of the least absolute relative errors (by least squares that are weighted anew some times): a few
    functions of which the compiler makes something else have no say. usual: what constants are drawn to by `pull`."""
    robust = np.ones(len(counted))
    for _ in range(_ROUNDS):
        rows = design * (weights * robust)[:, None]
        scale = rows.max(axis=0)
        # Of loops that are not told apart none is to take all of the cost.
        spread = np.vstack([rows / scale, np.diag(pull)])
        goal = np.concatenate([counted * weights * robust, pull * usual * scale])
        solution, _ = nnls(spread, goal, maxiter=10_000)
        constants: np.ndarray = solution / scale
        robust = 1 / np.sqrt(np.maximum(np.abs(design @ constants - counted) * weights, _CLOSE))
    return constants
