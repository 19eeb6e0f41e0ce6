"""The memory plan of whole graphs: replayed row by row, nothing is lost before it was read for the last time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mcugen.diagnostics import UnsupportedModelError
from mcugen.ir import Graph
from mcugen.passes import run_passes
from mcugen.plan.plan import Plan, make_plan
from mcugen.targets import TARGETS, find_target
from tests.conftest import TFLITE_MODELS
from tests.end_to_end.test_random_graphs import stopped_early
from tests.plan.replay import replay
from tests.support.random_graphs import graphs

TARGET_NAMES = [target.name for target in TARGETS]


def plan_of(graph: Graph, target: str, fold: bool) -> Plan:
    chosen = find_target(target)
    return make_plan(run_passes(graph, fold_constants=fold, channel_multiple=chosen.channel_multiple), chosen)


def plan_or_reject(graph: Graph, target: str, fold: bool) -> Plan:
    try:
        return plan_of(graph, target, fold)
    except UnsupportedModelError:
        assume(False)
        raise


@given(graph=graphs(max_blocks=7), target=st.sampled_from(TARGET_NAMES), fold=st.booleans(), index=st.integers(0, 20))
@settings(max_examples=150, print_blob=True)
def test_random_graphs(graph: Graph, target: str, fold: bool, index: int) -> None:
    """Half of the graphs end at another tensor than their last, which others then read as well."""
    replay(plan_or_reject(graph if index > 7 else stopped_early(graph, index), target, fold))


@pytest.mark.parametrize("fold", [True, False], ids=["folded", "whole"])
@pytest.mark.parametrize("target", ["generic", "cortex-m4"])
@pytest.mark.parametrize("model", TFLITE_MODELS)
def test_shared_models(model: str, target: str, fold: bool, load_model: Callable[[str], Graph]) -> None:
    replay(plan_of(load_model(f"{model}.tflite"), target, fold))


@pytest.fixture
def vww(load_model: Callable[[str], Graph]) -> Plan:
    return plan_of(load_model("vww_96_int8.tflite"), "generic", True)


def test_a_ring_that_is_too_small_is_noticed(vww: Plan) -> None:
    """The replay itself can fail: one row less in any ring of the plan, and a row is lost."""
    rings = {name: buffer for name, buffer in vww.buffers.items() if buffer.is_ring}
    assert len(rings) >= 5
    for name, buffer in rings.items():
        smaller = replace(vww, buffers={**vww.buffers, name: replace(buffer, slots=buffer.slots - 1)})
        with pytest.raises(AssertionError, match="was lost"):
            replay(smaller)


def test_a_buffer_laid_over_another_is_noticed(vww: Plan) -> None:
    """Rings of one group live at the same time."""
    rings = [name for name, buffer in vww.buffers.items() if buffer.is_ring]
    for below, above in itertools.pairwise(rings):
        moved = replace(vww.buffers[above], offset=vww.buffers[below].offset)
        with pytest.raises(AssertionError, match="lost"):
            replay(replace(vww, buffers={**vww.buffers, above: moved}))


def test_rows_stay_only_as_long_as_they_are_needed(vww: Plan) -> None:
    """The image and every map of the first group are rings of the three rows that a 3x3 window needs."""
    first, last = vww.schedule.groups[0]
    assert last - first >= 4
    streamed = [vww.graph.input, *(stage.stage.output.name for stage in vww.stages[first:last])]
    assert {vww.buffers[name].slots for name in streamed} == {3}
