"""Measures the constants of the camera path's predictions: writes mcugen/plan/tables/camera/CORE.csv.

    python benchmarks/fit_camera.py [--targets cortex-m4,cortex-m3] [--counts FOLDER] [--test [--seed N]]

The camera path of every format, way to resize and ratio takes a frame of a few rows on the emulated core. Instructions
of camera_sum and camera_store are counted by their addresses: those that run more often than the function is called are
its loop's. What turns have in common at all ratios, and what surrounds these functions, is explained by the turns of
loops (`mcugen/plan/camera_work.py`), as fit_costs.py does it; turns at usual ratios are then what was counted of them.
--test writes nothing: it compares what is predicted of whole frames of usual sensors, for nets of usual sizes, with
what is counted.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
from cameras import Case, made_cases, usual_cases
from counting import Row
from counting_cameras import Costs, counted
from fit_costs import fit
from tables import Solved, table_text

from mcugen.plan.camera_work import STORE, SUM, camera_parts
from mcugen.plan.constants import CAMERA_FOLDER, table_of
from mcugen.plan.features import outside_parts
from mcugen.plan.part import Part
from mcugen.plan.prediction import cost_of
from mcugen.targets import TARGETS, Target, find_target


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", default=",".join(t.name for t in TARGETS if t.costs == t.name))
    parser.add_argument("--test", action="store_true", help="compare predictions of whole frames")
    parser.add_argument("--seed", type=int, default=2, help="by which the cameras of --test are drawn")
    parser.add_argument("--counts", type=Path, help="a folder that keeps what was counted, for the next time")
    options = parser.parse_args()
    for name in options.targets.split(","):
        target = find_target(name)
        if options.test:
            compare(list(usual_cases(target, options.seed)), target)
            continue
        print(name, flush=True)
        cases = list(made_cases())
        measured = list(zip(cases, counted(cases, target, options.counts), strict=True))
        functions = solved(measured)
        modelled = any(cycles for kind in functions.values() for _, cycles in kind.values())
        CAMERA_FOLDER.mkdir(exist_ok=True)
        text = table_text(name, f"fit_camera.py --targets {name}", functions, modelled=modelled)
        (CAMERA_FOLDER / f"{name}.csv").write_text(text)


def rows_of(case: Case, costs: Costs, *, usual: bool) -> list[Row]:
    """The functions of the camera path, loops apart."""
    rows = []
    for part in camera_parts(case.plan, usual=usual):
        counts = costs.get(part.function)
        if counts is None:
            continue
        if part.function not in (SUM, STORE):
            rows.append(Row(part, counts[0], counts[1]))
            continue
        inside = {loop: count for loop, count in part.turns.items() if loop != "call"}
        rows.append(Row(Part(part.function, part.kind, {"call": part.turns["call"]}), counts[0], counts[1]))
        rows.append(Row(Part(part.function, part.kind, inside), counts[2], counts[3]))
    return rows


def solved(measured: Sequence[tuple[Case, Costs]]) -> dict[str, Solved]:
    """Constants by kind and loop: what explains most, and at usual ratios what is left of what was counted."""
    rows = [row for case, costs in measured for row in rows_of(case, costs, usual=False)]
    outside = [row.part.function in (SUM, STORE) and _turning(row) == ["call"] for row in rows]
    inside = [row for row, each in zip(rows, outside, strict=True) if not each]
    functions = {kind: dict(own) for kind, own in fit(inside, {}).items() if own}
    _add_counted(functions, [row for row, each in zip(rows, outside, strict=True) if each])
    _complete(functions)
    apart = [row for case, costs in measured for row in rows_of(case, costs, usual=True)]
    _add_counted(functions, [row for row in apart if set(_turning(row)) - functions[row.part.kind].keys()])
    return {kind: dict(sorted(functions[kind].items(), key=lambda each: _order(each[0]))) for kind in sorted(functions)}


def _add_counted(functions: dict[str, Solved], rows: Sequence[Row]) -> None:
    """Adds of each row the loop that is not known, as what is left to it."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        known = functions.setdefault(row.part.kind, {})
        (loop,) = (each for each in _turning(row) if each not in known)
        left = [
            counted_of - sum(known[each][side] * row.part.turns[each] for each in _turning(row) if each in known)
            for side, counted_of in enumerate((row.instructions, row.cycles))
        ]
        found[row.part.kind, loop].append((left[0] / row.part.turns[loop], left[1] / row.part.turns[loop]))
    for (kind, loop), costs in found.items():
        instructions, cycles = median(a for a, _ in costs), median(b for _, b in costs)
        functions[kind][loop] = round(instructions, 1), round(cycles, 1)


def _complete(functions: dict[str, Solved]) -> None:
    """Loops that no case of a kind has cost what they do in others like it."""
    families: dict[str, list[str]] = defaultdict(list)
    for kind in functions:
        families[re.sub(r" of \w+( |$)| to \d", " ", kind)].append(kind)
    for kinds in families.values():
        for loop in sorted({loop for kind in kinds for loop in functions[kind]}):
            costs = [functions[kind][loop] for kind in kinds if loop in functions[kind]]
            usual = (round(median(a for a, _ in costs), 2), round(median(b for _, b in costs), 2))
            for kind in kinds:
                functions[kind].setdefault(loop, usual)


def _turning(row: Row) -> list[str]:
    return [loop for loop, count in row.part.turns.items() if count]


def _order(loop: str) -> tuple[str, list[int]]:
    """Ratios by their numbers."""
    return re.sub(r"\d+ to \d+", "", loop), [int(number) for number in re.findall(r"\d+", loop)][::-1]


def compare(cases: Sequence[Case], target: Target) -> None:
    """Prints how far predictions of what a frame takes more than an image are from what was counted."""
    errors: dict[str, list[float]] = defaultdict(list)
    for case, costs in zip(cases, counted(cases, target, None), strict=True):
        predicted = _predicted(case)
        found = [sum(sum(counts[side::2]) for counts in costs.values()) for side in (0, 1)]
        for side, of_side in enumerate(("instructions", "cycles")):
            if found[side]:
                errors[of_side].append(predicted[side] / found[side] - 1)
        camera = case.camera
        size = "x".join(map(str, (camera.output[1], camera.output[0], camera.output[2])))
        print(
            f"    {camera.format} {camera.width}x{camera.height} to {size} by {camera.resize}: {predicted[0]:,.0f} "
            f"of {found[0]:,}, {', '.join(f'{each[-1]:+.1%}' for each in errors.values())}"
        )
    for name, of_side in errors.items():
        far = np.abs(of_side)
        print(
            f"{target.name:14} {name:12} {len(far)} cameras: {median(far):.1%} off in the median, within 3 % "
            f"{np.mean(far <= 0.03):.0%}, at most {far.max():.1%}",
            flush=True,
        )


def _predicted(case: Case) -> list[float]:
    """Instructions and cycles that a frame takes more than an image."""
    known, of_camera = table_of(case.plan.target.costs), table_of(case.plan.target.costs, CAMERA_FOLDER)
    assert known is not None
    assert of_camera is not None
    plain = replace(case.plan, graph=replace(case.plan.graph, camera=None))
    image, frame = ([cost_of(known.complete, part) for part in outside_parts(plan)] for plan in (plain, case.plan))
    added = [cost_of(of_camera.complete, part) for part in camera_parts(case.plan)]
    return [sum(each[side] for each in (*added, *frame)) - sum(each[side] for each in image) for side in (0, 1)]


if __name__ == "__main__":
    main()
