"""Predictions of functions that were never counted: there is a figure, it is high rather than low, and it says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
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
COSTS = json.loads((ROOT / "mcugen" / "plan" / "costs.json").read_text())


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
    assert "depthwise 4x5 stride 1" in found.unknown_kinds
    assert all(instructions > 0 for instructions, _ in found.stages)
    assert found.instructions >= sum(instructions for instructions, _ in found.stages)


@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m4", "cortex-m55", "rv32imc", "xtensa"])
def test_what_was_counted_is_not_unknown(target: str) -> None:
    found = predict(compile_model(EXAMPLE, target=target).plan)
    assert found is not None
    assert found.unknown == ()


@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55"])
def test_estimates_are_high_rather_than_low(target: str) -> None:
    """The net's time as if one kind of function had not been counted, for each, beside what it is predicted at."""
    plan = compile_model(EXAMPLE, target=target).plan
    functions = COSTS[target]["functions"]
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
