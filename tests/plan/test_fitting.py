"""What benchmarks/fit_costs.py makes of counted functions and another core's constants."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from types import ModuleType

import pytest

from mcugen.plan.constants import ANY
from mcugen.plan.part import RING, RING_2, Part
from tests.support.needs import ROOT, need

need("scipy", "benchmarks")


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The script, whose neighbours are modules of their own."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield import_module("fit_costs")
    for name in ("fit_costs", "attribution", "counting", "layers", "solving", "tables"):
        sys.modules.pop(name, None)


def _rows(benchmark: ModuleType, kind: str) -> list:
    """Functions of 7 instructions a call, 3 an element and 20 a row of a ring."""
    turns = [
        {"call": float(1 + n % 3), "element": 100.0 * n + 7 * (n % 4), RING: float(9 * n % 13 + 1)}
        for n in range(1, 12)
    ]
    counted = [round(7 * each["call"] + 3 * each["element"] + 20 * each[RING]) for each in turns]
    return [
        benchmark.Row(Part("stage", kind, each), count, 2 * count) for each, count in zip(turns, counted, strict=True)
    ]


def test_turns_are_found_again(benchmark: ModuleType) -> None:
    found = benchmark.fit(_rows(benchmark, "Pad"), {})
    assert found["Pad"] == {"call": (7.0, 14.0), "element": (3.0, 6.0), RING: (20.0, 40.0)}


def test_rows_of_any_function_are_the_core_s_own(benchmark: ModuleType) -> None:
    """Another core's stand for those only that no function of this core has."""
    like = {ANY: {RING: (99.0, 99.0), RING_2: (5.0, 6.0)}, "Pad": {"element": (50.0, 60.0), "tap": (1.04, 2.06)}}
    found = benchmark.fit(_rows(benchmark, "Pad"), like)
    assert found[ANY] == {RING: (20.0, 40.0), RING_2: (5.0, 6.0)}
    assert found["Pad"]["element"] == (3.0, 6.0)


def test_no_loop_takes_fewer_cycles_than_its_instructions_can(benchmark: ModuleType) -> None:
    """Calls that wait by themselves for what elements take: a fit alone gives rows of a ring no cycle at all."""
    rows = []
    for number, row in enumerate(_rows(benchmark, "Pad")):
        turns = row.part.turns
        cycles = round(40 * turns["call"] + 3 * turns["element"] * (1 - 0.01 * number))
        rows.append(benchmark.Row(row.part, row.instructions, cycles))
    for loop, (instructions, cycles) in benchmark.fit(rows, {})["Pad"].items():
        assert cycles >= instructions / 2 - 0.05, loop


def test_kinds_that_were_not_counted_are_another_core_s(benchmark: ModuleType) -> None:
    found = benchmark.fit(_rows(benchmark, "Pad"), {"Slice": {"element": (12.04, 3.06)}})
    assert found["Slice"] == {"element": (12.0, 3.06)}
    assert set(found) == {ANY, "Pad", "Slice"}


def test_loops_that_turn_together_are_told_apart_by_how_often_their_code_ran(benchmark: ModuleType) -> None:
    """Windows of 3 columns have three taps a row, always: of 6 and 8 instructions, and of 11 an element."""
    rows = []
    for n in range(1, 9):
        turns = {"call": float(n), "element": 40.0 * n, "window row": 120.0 * n, "tap": 360.0 * n}
        each = {"call": 30, "element": 11, "window row": 8, "tap": 6}
        by_times = {int(turns[loop]): (round(turns[loop] * cost), 0) for loop, cost in each.items()}
        # Code that runs at some turns only is the loop's all the same.
        by_times[int(turns["tap"] * 3 / 4)] = (0, 0)
        part = Part("stage", "MaxPool2D", turns)
        rows.append(benchmark.Row(part, sum(count for count, _ in by_times.values()), 0, by_times))
    text = "function,loop,instructions,cycles\nany function,row of a pool,5,\n"
    table = benchmark.read_table(benchmark.extended("cortex-m55", text, rows, "--add"))
    found = {loop: cost for loop, (cost, _) in table.functions["MaxPool2D"].items() if loop != "call"}
    assert found == pytest.approx({"element": 11, "window row": 8, "tap": 6}, rel=0.02)


def test_kinds_that_others_stand_for_are_fitted_again_by_all_their_functions(benchmark: ModuleType) -> None:
    """Nothing of them is unmeasured, as another kind's constants are theirs as long as they have none."""
    rows = [replace(row, part=replace(row.part, like=("Pad",))) for row in _rows(benchmark, "Pad of another sort")]
    head = "function,loop,instructions,cycles\nany function,row of a pool,5,5\n"
    text = f"{head}Pad,call,1,1\nPad of another sort,element,9,9\n"
    table = benchmark.read_table(benchmark.extended("cortex-m4", text, rows, "--add", ["Pad of another sort"]))
    found = {loop: cost for loop, (cost, _) in table.functions["Pad of another sort"].items()}
    assert found["element"] == pytest.approx(3, rel=0.02)
    assert found[RING] == pytest.approx(20, rel=0.05)
