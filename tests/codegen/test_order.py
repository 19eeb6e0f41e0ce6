"""The generated code runs stages in the very order that the planner simulated, on which the memory plan rests."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mcugen.codegen.groups import group_views
from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph, Pad
from mcugen.ir.operators.resize import Resize
from mcugen.plan.plan import Plan
from mcugen.plan.planner import make_plan
from mcugen.plan.schedule import FEED
from mcugen.targets import find_target
from tests.conftest import TFLITE_MODELS
from tests.end_to_end.test_random_graphs import stopped_early
from tests.support.passes import optimized
from tests.support.random_graphs import Block, build, graphs

Condition = Callable[[list[int]], bool]


def condition(text: str, tables: dict[str, list[int]]) -> Condition:
    """A C condition over rows[] as a function. tables: of constants that it may name."""
    assert re.fullmatch(r"[\w\s\[\]<>=&|()+*-]*", text)
    python = text.replace("&&", " and ").replace("||", " or ")
    function: Condition = eval(f"lambda rows: {python}", dict(tables))
    return function


def emitted_order(plan: Plan) -> list[tuple[int, int]]:
    """(stage, row) in the order of the generated functions, worked out from the text of their conditions."""
    order: list[tuple[int, int]] = []
    resized = [planned.stage for planned in plan.stages if isinstance(planned.stage.first, Resize)]
    tables = {f"net_stage_{stage.index}_rows": stage.first.rows.reshape(-1).tolist() for stage in resized}
    for group in group_views(plan, "net"):
        steps = [
            (step, condition(f"rows[{step['counter']}] < {step['height']}{step['condition']}", tables))
            for step in group["steps"]
        ]
        rows = [0] * (len(steps) + group["streamed"])

        def run(steps: list = steps, rows: list[int] = rows) -> None:
            while True:
                ready = next((step for step, can_run in steps if can_run(rows)), None)
                if ready is None:
                    return
                order.append((ready["index"], rows[ready["counter"]]))
                rows[ready["counter"]] += 1

        if not group["streamed"]:
            run()
            continue
        for row in range(plan.graph.input_tensor.height):
            order.append((FEED, row))
            rows[0] += 1
            run()
    return order


def check(plan: Plan) -> None:
    assert emitted_order(plan) == [(step.stage, step.row) for step in plan.schedule.steps]


@given(graph=graphs(max_blocks=7), index=st.integers(0, 20), fold=st.booleans())
@settings(max_examples=200, print_blob=True)
def test_random_graphs(graph: Graph, index: int, fold: bool) -> None:
    graph = graph if index > 7 else stopped_early(graph, index)
    try:
        plan = make_plan(optimized(graph, fold_constants=fold), find_target("generic"))
    except UnsupportedModelError:
        assume(False)
    check(plan)


def test_padding_above_waits_for_the_first_row() -> None:
    """A stage whose first rows lie above its input could run at once, but the planner lets it wait for a row."""
    blocks = [
        Block("conv", kernel=(3, 3), padding=(1, 1, 1, 1), channels=8, option=1),
        Block("pad", padding=(2, 1, 0, 0)),
        Block("maximum", kernel=(3, 3), stride=(2, 2)),
    ]
    plan = make_plan(optimized(build((16, 16, 2), 0, Rounding.DOUBLE, blocks, seed=1)), find_target("generic"))
    pad = next(stage.stage.index for stage in plan.stages if isinstance(stage.stage.first, Pad))
    (step,) = [step for group in group_views(plan, "net") for step in group["steps"] if step["index"] == pad]
    assert re.fullmatch(r" && rows\[1\] > 0 && \(rows\[1\] > rows\[2\] - 2 \|\| rows\[1\] == 16\)", step["condition"])
    check(plan)


@pytest.mark.parametrize("model", TFLITE_MODELS)
def test_shared_models(model: str, load_model: Callable[[str], Graph]) -> None:
    plan = make_plan(optimized(load_model(f"{model}.tflite")), find_target("generic"))
    check(plan)
    assert len(plan.schedule.groups) > 1
