"""Measures the constants of predictions: writes mcugen/plan/tables/CORE.csv.

    python benchmarks/fit_costs.py [--targets cortex-m4,cortex-m3] [--counts FOLDER]
                                   [--networks NAMES [--add [--again KINDS]]] [--keep KINDS]

The synthetic networks of `layers.py` are compiled for each core and run once in the emulator, which counts what each
function executes, and how often each of its instructions runs. That is explained by the turns of its loops, which the
plan knows: by constants that are not negative and have the least relative errors, of functions and of what in them runs
as often as a loop turns. Where turns are all there is to it, as in kernels in assembly, constants come out as whole
numbers. Printed: each kind of function with its largest error, loops that these networks do not tell apart, and loops
that none of them has, which stay as they were. benchmarks/predictions.py then compares predictions with models that had
no part in this.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from counting import Row, count
from layers import networks
from solving import all_rounded, alone, closest, error, solve
from tables import FREE, Solved, table_rows, table_text

from mcugen.compiler import compile_model
from mcugen.ir.library_calls import CALLED
from mcugen.plan.constants import ANY, FOLDER, Constants, Table, read_table, table_of
from mcugen.plan.part import is_alike_everywhere
from mcugen.plan.prediction import unmeasured_loops
from mcugen.plan.unmeasured import sort_of
from mcugen.targets import TARGETS, find_target

_OUTSIDE = ("outside stages", "library", *CALLED)
"""Kinds whose loops have little to do with those of others."""
_TOLD_APART = 1.5
"""Functions for each loop of a kind that is told apart from one that may stand for it."""
_EXACT = 1e-3
"""Mean relative error below which turns explain a kind of function."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", default=",".join(t.name for t in TARGETS if t.costs == t.name))
    parser.add_argument("--networks", default="", help="only these of layers.py, by name with or without its number")
    parser.add_argument("--add", action="store_true", help="keep the table, and add what it does not know")
    parser.add_argument("--again", default="", help="with --add, only these kinds, of which it forgets what is known")
    parser.add_argument("--keep", default="", help="kinds, or what they begin with, of which the table keeps all")
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
        keep = tuple(kind.strip() for kind in options.keep.split(",") if kind)
        before = table_of(name)
        functions = fit(rows, like.functions if like else {})
        functions = _kept(functions, before.functions if before else {}, keep)
        given = f" --networks '{options.networks}'" * bool(chosen) + f" --like {options.like}" * bool(like)
        given += f" --keep '{options.keep}'" * bool(keep)
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
    first = {kind: alone(of_kind, {}) for kind, of_kind in by_kind.items()}
    usual = {loop: cost for loop, cost in _usual(first, ANY).items() if is_alike_everywhere(loop)}
    functions = {ANY: all_rounded({**like.get(ANY, {}), **usual})}
    for kind in sorted({*by_kind, *like} - {ANY}):
        of_kind, others = by_kind.get(kind, []), like.get(kind, {})
        if not of_kind:
            functions[kind] = all_rounded(others)
            continue
        # What turns explain as it is, of many more functions than loops, needs nothing else.
        own = first[kind]
        if len(of_kind) < _TOLD_APART * len(own) and any(like in by_kind for like in of_kind[0].part.like):
            continue  # another kind stands for it, and these functions do not tell its loops apart
        explained = len(of_kind) >= 2 * len(own) and error(of_kind, own) < _EXACT * len(of_kind)
        own = own if explained else closest(of_kind, _usual(first, kind))
        functions[kind] = solve(kind, of_kind, own, others)
    return functions


def _kept(functions: Mapping[str, Solved], before: Mapping[str, Constants], keep: tuple[str, ...]) -> dict[str, Solved]:
    """With the rows of a table for loops that no network has, and with all that it has of kinds that begin as `keep`
    says: kernels in assembly, of whose shapes no network has all, are counted in their text."""
    kept = {}
    for kind in sorted({*functions, *before}, key=lambda kind: (kind != ANY, kind)):
        old, new = before.get(kind, {}), functions.get(kind, {})
        kept[kind] = {**new, **old} if kind.startswith(keep) else {**old, **new}
        if left := [loop for loop in old if loop not in new]:
            print(f"    {kind:45} as it was: {', '.join(left)}")
    return kept


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
        functions[kind] = own | solve(kind, left, closest(left, usual), {})
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


if __name__ == "__main__":
    main()
