"""Questions of groups follow the schedule: they are counted on row numbers as the generated code asks them."""

from __future__ import annotations

import pytest

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.plan.plan import Plan
from mcugen.plan.questions import turns_of_questions
from tests.support.calm_graphs import calm_graph
from tests.support.graph_builder import Block
from tests.support.unseen_nets import FIRST_SEEN, unseen_net

SAME = (1, 1, 1, 1)


def _plan(shape: tuple[int, int, int], *blocks: Block) -> Plan:
    return compile_model(calm_graph(shape, -128, Rounding.SINGLE, list(blocks), seed=1), target="cortex-m4").plan


@pytest.mark.parametrize("seed", [FIRST_SEEN + 3, FIRST_SEEN + 31, FIRST_SEEN + 59])
def test_every_step_of_the_schedule_is_a_stage_that_ran(seed: int) -> None:
    plan = compile_model(unseen_net(seed), target="cortex-m55", fold_constants=False).plan
    turns = turns_of_questions(plan)
    ran = turns["stage"] + turns.get("stage of a later group", 0) + turns.get("stage in order", 0)
    steps = [step for step in plan.schedule.steps if step.stage >= 0]
    assert ran == sum(step.row % plan.rows_of(step.stage) == 0 for step in steps)


def test_comparisons_of_one_stage_are_those_of_its_condition() -> None:
    """Rows of a window of three: of 5 rows that arrive three leave 0 < 3 and rows > row + 2 to be compared and make a
    row, and the first two do not; after each row that is made the question is asked again, at last of its own rows
    alone."""
    turns = turns_of_questions(_plan((5, 5, 1), Block("conv", (3, 3), channels=4)))
    made, left = 3, 2
    assert turns["stage"] == made
    # After the last row that it makes a stage's own rows answer.
    asked = left + made + (made - 1)
    assert turns["comparison"] == 2 * asked + 1
    assert turns["counter"] == 2 * asked + 1
    assert turns["sum"] == asked
    assert "product" not in turns


def test_what_a_comparison_tells_is_not_compared_again() -> None:
    """Where the second stage waits for a row of the first, that has not made all of its three: three comparisons of
    both, where four are written. 5 rows arrive, of which the last three let the first stage run, and the last two the
    second; when both are done, two say so."""
    plan = _plan((5, 5, 1), Block("conv", (3, 3), channels=4), Block("maximum", (2, 2), zero_point=-1))
    assert plan.schedule.groups == ((0, 1),)
    waits, first_runs, second_runs, done = 4, 3, 2, 1
    assert turns_of_questions(plan)["comparison"] == 3 * (waits + first_runs) + 2 * (second_runs + done)
