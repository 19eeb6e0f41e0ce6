"""Predictions of functions that were never counted: there is a figure, it is high rather than low, and it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.plan.constants import FOLDER, read_table, table_of
from mcugen.plan.features import stage_parts
from mcugen.plan.part import Part
from mcugen.plan.prediction import cost_of, predict, unmeasured_loops
from mcugen.plan.unmeasured import estimate
from mcugen.targets import TARGETS
from tests.support.graph_builder import Block
from tests.support.random_graphs import build

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "fashion_mnist" / "fashion_mnist_mnv1_a025_32.onnx"
COUNTED = [target for target in TARGETS if target.costs]
# Part of a net's instructions that may be missing where one kind of function stands for another.
MOST_TOO_LOW = 0.03


@pytest.mark.parametrize("target", COUNTED, ids=[target.name for target in COUNTED])
def test_every_plan_has_a_figure(target) -> None:
    """Operators, windows and widths that no benchmark has."""
    blocks = [
        Block("depthwise", (4, 5)),
        Block("pad", padding=(1, 0, 1, 0)),
        Block("maximum", (2, 2)),
        Block("lookup"),
    ]
    graph = build((11, 9, 6), 3, Rounding.DOUBLE, blocks, Block("softmax"), seed=2)
    found = predict(compile_model(graph, target=target, fold_constants=False).plan)
    assert found is not None
    assert all(instructions > 0 for instructions, _ in found.stages)
    assert found.instructions >= sum(instructions for instructions, _ in found.stages)


@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m4", "cortex-m55", "rv32imc", "xtensa"])
def test_what_was_counted_is_not_unknown(target: str) -> None:
    found = predict(compile_model(EXAMPLE, target=target).plan)
    assert found is not None
    assert found.unknown == ()


@pytest.mark.parametrize("target", COUNTED, ids=[target.name for target in COUNTED])
def test_operators_over_axes_and_channels_are_not_unknown(target) -> None:
    blocks = [Block("conv", (3, 3), channels=8), *(Block("transpose", option=order) for order in range(6))]
    for kind in ("l2_normalize", "log_softmax", "arg_max"):
        blocks += [Block("conv", channels=8), Block(kind)]
    graph = build((9, 9, 3), -128, Rounding.DOUBLE, blocks, None, seed=1)
    found = predict(compile_model(graph, target=target, fold_constants=False).plan)
    assert found is not None
    assert found.unknown_kinds == ()


@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55"])
def test_estimates_are_high_rather_than_low(target: str) -> None:
    """The net's time as if one kind of function had not been counted, for each, beside what it is predicted at."""
    plan = compile_model(EXAMPLE, target=target).plan
    table = table_of(target)
    assert table is not None
    functions = table.complete
    parts = [part for planned in plan.stages for part in stage_parts(plan, planned)]
    whole = sum(cost_of(functions, part)[0] for part in parts)
    for left_out in {part.kind for part in parts}:
        others = {kind: constants for kind, constants in functions.items() if kind != left_out}
        of_kind = [part for part in parts if part.kind == left_out]
        change = sum(estimate(others, part).instructions - cost_of(functions, part)[0] for part in of_kind)
        assert change >= -MOST_TOO_LOW * whole, left_out


def test_a_wider_window_costs_more() -> None:
    functions = {"depthwise 3x3 stride 1": {"call": (10.0, 20.0), "pixel": (9.0, 18.0)}}
    part = Part("depthwise", "depthwise 6x3 stride 1", {"call": 1.0, "pixel": 10.0})
    found = estimate(functions, part)
    assert (found.instructions, found.cycles, found.by) == (300.0, 600.0, "depthwise 3x3 stride 1")


@pytest.mark.parametrize("core", sorted({target.costs for target in COUNTED}))
def test_tables_can_be_read(core: str) -> None:
    """Some pages of what a turn of a loop can cost; loops that are free stand together in a row."""
    table = table_of(core)
    assert table is not None
    costs = [cost for constants in table.functions.values() for cost in constants.values()]
    assert len((FOLDER / f"{core}.csv").read_text().splitlines()) < 1100
    assert all(instructions >= 0 and cycles >= 0 for instructions, cycles in costs)
    assert table.functions["outside stages"]["image row"] > (0.0, 0.0)


def test_free_loops_stand_in_one_row() -> None:
    text = "# a comment\nfunction,loop,instructions,cycles\nPad,element,3,4.5\nPad,call; pixel,0,0\n"
    table = read_table(text)
    assert table.functions == {"Pad": {"element": (3.0, 4.5), "call": (0.0, 0.0), "pixel": (0.0, 0.0)}}
    assert table.cycles
    assert unmeasured_loops(table.functions, Part("stage", "Pad", {"call": 1.0, "tap": 0.0})) == []


def test_kernels_in_assembly_cost_whole_numbers() -> None:
    table = table_of("cortex-m4")
    assert table is not None
    for kind in ("dsp matrix of 2", "dsp matrix of 3", "dsp matrix of depth 8", "first convolution of 1"):
        assert all(instructions == round(instructions) for instructions, _ in table.functions[kind].values()), kind


def test_the_costliest_of_the_sort_stands_for_it() -> None:
    functions = {
        "matrix 2x2": {"call": (1.0, 1.0), "2x2 step": (8.0, 9.0)},
        "matrix 3x1": {"call": (1.0, 1.0), "3x1 step": (30.0, 40.0)},
        "Softmax": {"call": (1000.0, 1000.0)},
    }
    loop = Part("matrix", "matrix 2x2", {"call": 1.0, "2x2 step": 1.0, "1x2 step": 2.0})
    assert unmeasured_loops(functions, loop) == ["matrix 2x2: 1x2 step"]
    assert cost_of(functions, loop) == (1 + 8 + 2 * 30, 1 + 9 + 2 * 40)
    other = Part("matrix", "matrix 2x2 of a new kind", {"call": 1.0, "3x1 step": 1.0})
    assert unmeasured_loops(functions, other) == ["matrix 2x2 of a new kind"]
    assert estimate(functions, other).by == "matrix 3x1"


def test_a_core_that_was_never_counted_has_none() -> None:
    assert predict(compile_model(EXAMPLE, target="generic").plan) is None
    assert predict(compile_model(EXAMPLE, target="cortex-m4").plan) is not None
