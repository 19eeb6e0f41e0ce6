"""What functions of stages are for: predictions and generated code name them alike."""

from __future__ import annotations

import pytest

from mcugen.codegen.function_sizes import stage_code
from mcugen.codegen.library import make_library
from mcugen.compiler import compile_model
from mcugen.plan.features import stage_parts
from mcugen.plan.role import CALLED, Role
from tests.support.separable_graphs import separable_graph


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m55", "cortex-m3", "cortex-m0plus", "generic"])
def test_functions_of_predictions_are_for_what_those_of_the_code_are(target: str) -> None:
    plan = compile_model(separable_graph(16, 16, (8, 8), (1,), seed=1), target=target).plan
    called = stage_code(make_library(plan, "net")).called
    for planned in plan.stages:
        roles = {part.role for part in stage_parts(plan, planned)}
        assert None not in roles
        own, *others = called[planned.stage.index]
        assert Role.of(own) is Role.STAGE
        assert {Role.of(name) for name in others} == roles & set(CALLED)
        assert len(others) == len(set(others))


def test_what_is_of_no_stage_is_for_none() -> None:
    assert [Role.of(name) for name in ("", "library", "matrices", "outside_interleaved")] == [None] * 4
