"""Measures the constants of predictions: writes mcugen/plan/tables/CORE.csv.

    python benchmarks/fit_costs.py [--targets cortex-m4,cortex-m3] [--counts FOLDER]
                                   [--networks NAMES [--add [--again KINDS]]]

The synthetic networks of `layers.py` are compiled for each core and run once in the emulator, which counts what each
function executes, and how often each of its instructions runs. That is explained by the turns of its loops, which the
plan knows: by constants that are not negative and have the least relative errors, of functions and of what in them runs
as often as a loop turns. Where turns are all there is to it, as in kernels in assembly, constants come out as whole
numbers. Printed: each kind of function with its largest error, and loops that these networks do not tell apart.
benchmarks/predictions.py then compares predictions with models that had no part in this.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from attribution import Equations, equations
from counting import Row, count
from layers import networks
from scipy.optimize import nnls
from tables import FREE, Solved, table_rows, table_text

from mcugen.compiler import compile_model
from mcugen.plan.constants import ANY, FOLDER, Constants, Table, read_table, table_of
from mcugen.plan.part import is_alike_everywhere
from mcugen.plan.prediction import unmeasured_loops
from mcugen.plan.unmeasured import sort_of
from mcugen.targets import TARGETS, find_target

_SMALL = 100
"""Instructions below which an error is no longer weighed against the function's size."""

_CLOSE = 0.03
"""Relative errors below which all are alike."""
_ROUNDS = 5
_SPREAD = 1e-3
"""What costs are shared out with among loops that always turn together."""
_OUTSIDE = ("outside stages", "library")
"""Kinds whose loops have little to do with those of others."""
_EXACT = 1e-3
"""Mean relative error below which turns explain a kind of function."""
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
_FEW = 0.25
"""Share of loops that are not told apart where the others are."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", default=",".join(t.name for t in TARGETS if t.costs == t.name))
    parser.add_argument("--networks", default="", help="only these of layers.py, by name with or without its number")
    parser.add_argument("--add", action="store_true", help="keep the table, and add what it does not know")
    parser.add_argument("--again", default="", help="with --add, only these kinds, of which it forgets what is known")
    parser.add_argument("--like", default="", help="a core whose constants stand for what these networks leave open")
    parser.add_argument("--counts", type=Path, help="a folder that keeps what was counted, for the next time")
    options = parser.parse_args()
    like = table_of(options.like)
    chosen = [name.strip() for name in options.networks.split(",") if name]
    for name in options.targets.split(","):
        rows = measure(name, chosen, options.counts)
        if options.add:
            path, again = FOLDER / f"{name}.csv", [kind.strip() for kind in options.again.split(",") if kind]
            given = f"--add --networks '{options.networks}'" + f" --again '{options.again}'" * bool(again)
            path.write_text(extended(name, path.read_text(), rows, given, again))
            continue
        functions = fit(rows, like.functions if like else {})
        given = f" --networks '{options.networks}'" * bool(chosen) + f" --like {options.like}" * bool(like)
        FOLDER.mkdir(exist_ok=True)
        modelled = any(row.cycles for row in rows)
        command = f"fit_costs.py --targets {name}{given}"
        (FOLDER / f"{name}.csv").write_text(table_text(name, command, functions, modelled=modelled))


def measure(name: str, chosen: list[str], counts: Path | None) -> list[Row]:
    """Every function of the chosen synthetic networks, of all where none is."""
    rows: list[Row] = []
    for network in networks():
        if chosen and not {network.name, network.name.rstrip(" 0123456789")} & set(chosen):
            continue
        print(f"{name:14} {network.name}", flush=True)
        target = find_target(name)
        if network.portable:
            target = replace(target, families=())
        if network.last_family:
            target = replace(target, families=target.families[-1:])
        if not network.aligned:
            target = replace(target, channel_multiple=1)
        # Constant channels stay, so that the numbers of channels are those that were asked for.
        compiled = compile_model(network.graph, target=target, name="net", fold_constants=False)
        rows += count(compiled, target, counts)
    return rows


def fit(rows: Sequence[Row], like: Mapping[str, Constants]) -> dict[str, Solved]:
    """Constants by kind of function and loop. like: of another core."""
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[row.part.kind].append(row)
    alone = {kind: _alone(of_kind, {}) for kind, of_kind in by_kind.items()}
    usual = {loop: cost for loop, cost in _usual(alone, ANY).items() if is_alike_everywhere(loop)}
    functions = {ANY: _all_rounded({**like.get(ANY, {}), **usual})}
    for kind in sorted({*by_kind, *like} - {ANY}):
        of_kind, others = by_kind.get(kind, []), like.get(kind, {})
        if not of_kind:
            functions[kind] = _all_rounded(others)
            continue
        # What turns explain as it is, of many more functions than loops, needs nothing else.
        own = alone[kind]
        explained = len(of_kind) >= 2 * len(own) and _error(of_kind, own) < _EXACT * len(of_kind)
        own = own if explained else _alone(of_kind, _usual(alone, kind), own, by_times=True)
        functions[kind] = _solve(kind, of_kind, own, others)
    return functions


def _usual(functions: Mapping[str, Constants], kind: str) -> Constants:
    """What a turn of each loop usually costs: the median of kinds of the same sort, of all kinds where it is alike
    everywhere. What a kind's own functions leave open is taken from it."""
    costs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    if kind in _OUTSIDE:
        return {}
    for other, constants in functions.items():
        for loop, cost in constants.items() if other not in _OUTSIDE else ():
            if cost[0] >= FREE and (is_alike_everywhere(loop) or sort_of(other) == sort_of(kind)):
                costs[loop].append(cost)
    return {loop: (median(a for a, _ in of_loop), median(b for _, b in of_loop)) for loop, of_loop in costs.items()}


def extended(name: str, text: str, rows: Sequence[Row], given: str, again: Sequence[str] = ()) -> str:
    """The text of a core's file with the loops that it lacks: they take what its own do not explain. again: kinds of
    functions of which it forgets all, with the library's loops for them."""
    before = read_table(text)
    known = _without(before, again)
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        # Kinds that others stand for are not unmeasured.
        lacking = row.part.kind in again or unmeasured_loops(known.complete, row.part)
        if lacking and (not again or row.part.kind in (*again, *_OUTSIDE)):
            by_kind[row.part.kind].append(row)
    functions = {kind: dict(constants) for kind, constants in known.functions.items()}
    for kind, of_kind in by_kind.items():
        own = functions.setdefault(kind, {})
        left = [_unexplained(row, own) for row in of_kind]
        alike = {other: costs for other, costs in known.functions.items() if other.split()[0] == kind.split()[0]}
        usual = {} if kind in _OUTSIDE else {**known.functions[ANY], **_usual(alike, kind)}
        several = len(left) >= _FUNCTIONS_OF_A_LOOP * len({loop for row in left for loop in row.part.turns})
        pull = _PULL if several and all(row.by_times for row in left) else _PULL_OF_FEW
        solved = [_alone(left, usual, _alone(left, {}, by_times=True), pull, by_times=True)]
        if len(left) >= _MANY * len(solved[0]) and _together(equations(left, by_times=False)) < _FEW * len(solved[0]):
            # They tell loops apart by themselves, and better than how often loops turn that depend on data.
            solved.append(_alone(left, usual, _alone(left, {}), pull))
        functions[kind] = own | _solve(kind, left, min(solved, key=partial(_error, left)), {})
    # Loops that these networks do not have stay as they were.
    functions |= {kind: {**old, **functions.get(kind, {})} for kind, old in before.functions.items()}
    comments = [line for line in text.splitlines(keepends=True) if line.startswith("#")]
    comments.append(f"# Loops of more operators by: python benchmarks/fit_costs.py --targets {name} {given}\n")
    kinds = sorted(functions, key=lambda kind: (kind != ANY, kind))
    return "".join(comments) + table_rows({kind: functions[kind] for kind in kinds}, modelled=known.cycles)


def _without(table: Table, kinds: Sequence[str]) -> Table:
    """The table without what it knows of these kinds of functions."""
    endings = tuple(f" of {kind}" for kind in kinds)
    functions = {
        kind: {loop: cost for loop, cost in constants.items() if kind not in _OUTSIDE or not loop.endswith(endings)}
        for kind, constants in table.functions.items()
        if kind not in kinds
    }
    return Table(functions, table.cycles)


def _unexplained(row: Row, constants: Constants) -> Row:
    """The loops that the constants lack, and what they have to explain."""
    known = [(constants[loop], turns) for loop, turns in row.part.turns.items() if loop in constants]
    if not known:
        return row
    left = [
        max(0, round(counted - sum(cost[side] * turns for cost, turns in known)))
        for side, counted in enumerate((row.instructions, row.cycles))
    ]
    part = replace(row.part, turns={loop: n for loop, n in row.part.turns.items() if loop not in constants})
    return Row(part, left[0], left[1])


def _alone(
    rows: Sequence[Row],
    usual: Constants,
    first: Constants | None = None,
    usual_pull: float = _PULL,
    *,
    by_times: bool = False,
) -> Solved:
    """Constants of one kind, drawn to what is usual. first: what they are without that. usual_pull: how much. by_times:
    by how often each instruction was executed, too."""
    found = equations(rows, by_times=by_times)
    loops, design = found.loops, found.design
    solved = []
    for side, (counted, weights) in enumerate(zip(found.counted, found.weights, strict=True)):
        goal = np.array([usual.get(loop, (0.0, 0.0))[side] for loop in loops])
        # Of work that is alike everywhere what is usual says more than a few turns of it do.
        alike = [usual if is_alike_everywhere(loop) else first or usual for loop in loops]
        cost = np.array([of_loop.get(loop, (0.0, 0.0))[side] for loop, of_loop in zip(loops, alike, strict=True)])
        shares = (design * np.maximum(goal, cost) * weights[:, None]).max(axis=0)
        pull = np.where(shares == 0, _SPREAD, np.where(shares < _NEGLIGIBLE, _FIXED, _PULL))
        pull = np.where((pull == _PULL) & (goal > 0), usual_pull, pull)
        solved.append(_constants(design, counted, weights, goal, pull))
    return {loop: (a, b) for loop, a, b in zip(loops, *solved, strict=True)}


def _solve(kind: str, rows: Sequence[Row], own: Solved, like: Constants) -> Solved:
    """Constants of one kind. own: what its rows give. like: another core's, which take their place where rows do not
    tell loops apart and they fit better, and stand for loops that no row has."""
    found = equations(rows, by_times=False)
    loops = found.loops
    together = _together(found)
    remark = f", {together} of {len(loops)} loops not told apart" * bool(together)
    other, factor = _scaled(rows, like)
    if set(own) <= set(other) and together and _error(rows, other) < _error(rows, own):
        own, remark = other, f", as on the other core times {factor:.3f}"
    _print(kind, rows, own, remark)
    return _all_rounded(dict(sorted((other | own).items())))


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


def _error(rows: Sequence[Row], constants: Constants) -> float:
    counted = np.array([row.instructions for row in rows])
    return float(np.sum(np.abs(_predicted(rows, constants) - counted) / np.maximum(counted, _SMALL)))


def _all_rounded(constants: Constants) -> Solved:
    """To a tenth; to a hundredth what is small."""
    return {
        loop: (round(instructions, 1 if instructions >= 2 else 2), round(cycles, 1 if cycles >= 2 else 2))
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


if __name__ == "__main__":
    main()
