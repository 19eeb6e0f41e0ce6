"""The memory plan of whole graphs: replayed row by row, nothing is lost before it was read for the last time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph
from mcugen.ir.operators.resize import Resize
from mcugen.passes import run_passes
from mcugen.plan.buffer import Buffer
from mcugen.plan.memory import peak_bytes
from mcugen.plan.overlap import Living, OverlapError, prove_apart, prove_no_overlap
from mcugen.plan.plan import Plan
from mcugen.plan.planner import make_plan
from mcugen.targets import TARGETS, find_target
from tests.conftest import TFLITE_MODELS
from tests.end_to_end.test_random_graphs import stopped_early
from tests.plan.replay import replay
from tests.support.graph_builder import Block
from tests.support.random_graphs import build, graphs

TARGET_NAMES = [target.name for target in TARGETS]


def plan_of(graph: Graph, target: str, fold: bool, resident: bool = False, output_rows: bool = False) -> Plan:
    chosen = find_target(target)
    live, _ = run_passes(graph, chosen, fold_constants=fold, output_rows=output_rows)
    return make_plan(live, chosen, resident=resident)


def plan_or_reject(graph: Graph, target: str, fold: bool, resident: bool, output_rows: bool) -> Plan:
    try:
        return plan_of(graph, target, fold, resident, output_rows)
    except UnsupportedModelError:
        assume(False)
        raise


@given(
    graph=graphs(max_blocks=7),
    target=st.sampled_from(TARGET_NAMES),
    fold=st.booleans(),
    resident=st.booleans(),
    output_rows=st.booleans(),
    index=st.integers(0, 20),
)
@settings(max_examples=150, print_blob=True)
def test_random_graphs(graph: Graph, target: str, fold: bool, resident: bool, output_rows: bool, index: int) -> None:
    """A third of the graphs end at another tensor than their last, which others then read as well."""
    imported = graph if index > 7 else stopped_early(graph, index)
    replay(plan_or_reject(imported, target, fold, resident, output_rows))


@pytest.mark.parametrize("resident", [True, False], ids=["resident", "streamed"])
@pytest.mark.parametrize("target", ["generic", "cortex-m4"])
@pytest.mark.parametrize("model", TFLITE_MODELS)
def test_shared_models(model: str, target: str, resident: bool, load_model: Callable[[str], Graph]) -> None:
    replay(plan_of(load_model(f"{model}.tflite"), target, True, resident))


@pytest.fixture
def vww(load_model: Callable[[str], Graph]) -> Plan:
    return plan_of(load_model("vww_96_int8.tflite"), "generic", True)


def streamed(plan: Plan) -> dict[str, Buffer]:
    """Buffers of the image and of what the first group writes, whose rows share slots."""
    first, last = plan.schedule.groups[0]
    names = [plan.graph.input, *(stage.stage.output.name for stage in plan.stages[first : last + 1])]
    return {name: plan.buffers[name] for name in names if plan.buffers[name].is_ring}


def test_a_row_in_the_wrong_slot_is_noticed(vww: Plan) -> None:
    """The replay itself can fail: any row of a ring in the place of the row before it, and one of the two is lost."""
    rings = streamed(vww)
    assert len(rings) >= 5
    for name, buffer in rings.items():
        rows = range(buffer.tensor.height)
        places = list(buffer.places) if buffer.places is not None else [y % buffer.slots for y in rows]
        for y in (1, buffer.tensor.height // 2, buffer.tensor.height - 1):
            moved = [*places[:y], places[y - 1], *places[y + 1 :]]
            wrong = replace(vww, buffers={**vww.buffers, name: replace(buffer, places=tuple(moved))})
            with pytest.raises(AssertionError, match="was lost"):
                replay(wrong)
            with pytest.raises(OverlapError, match=f"of {name} lies over"):
                prove_no_overlap(wrong)


def test_a_buffer_laid_over_another_is_noticed(vww: Plan) -> None:
    """The ring of the image in the place of any other ring of its group."""
    image = vww.buffers[vww.graph.input]
    for name, buffer in streamed(vww).items():
        if name != vww.graph.input and buffer.offset != image.offset:
            moved = replace(image, offset=buffer.offset)
            wrong = replace(vww, buffers={**vww.buffers, vww.graph.input: moved})
            with pytest.raises(AssertionError, match="lost"):
                replay(wrong)
            with pytest.raises(OverlapError, match="lies over"):
                prove_no_overlap(wrong)


def test_make_plan_proves_that_nothing_overlaps(vww: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    proved: list[Plan] = []
    monkeypatch.setattr("mcugen.plan.planner.prove_no_overlap", proved.append)
    assert make_plan(vww.graph, vww.target) is proved[0]


@given(st.lists(st.tuples(*[st.integers(0, 12)] * 4), max_size=6))
def test_the_sweep_finds_what_a_comparison_of_all_pairs_finds(numbers: list[tuple[int, int, int, int]]) -> None:
    living = [
        Living(f"block {i}", begin, begin + size, birth, birth + age)
        for i, (begin, size, birth, age) in enumerate(numbers)
    ]
    clash = any(
        a.begin < b.end and b.begin < a.end and a.birth <= b.death and b.birth <= a.death
        for a, b in combinations([one for one in living if one.begin < one.end], 2)
    )
    if clash:
        with pytest.raises(OverlapError):
            prove_apart(living)
    else:
        prove_apart(living)


def test_rings_hold_no_more_rows_than_windows_need(vww: Plan) -> None:
    """Of every streamed map three rows exist at once, as many as a 3x3 window reads."""
    assert len(streamed(vww)) >= 5
    assert {vww.schedule.slots[name] for name in streamed(vww)} == {3}


def test_the_items_of_the_plan_lie_in_the_arena(vww: Plan) -> None:
    for item, offset in vww.items:
        assert offset >= 0
        assert offset + item.size <= vww.arena_bytes
    assert peak_bytes([item for item, _ in vww.items]) <= vww.arena_bytes


def resizing(between: list[Block]) -> Graph:
    """A map that is made twice as high and wide, with these operators before it is put together with another."""
    convolution = Block("conv", kernel=(3, 3), padding=(1, 1, 1, 1), channels=8)
    return build((24, 24, 3), 0, Rounding.SINGLE, [convolution, *between, convolution, convolution])


def test_a_resize_keeps_rows_of_its_input() -> None:
    plan = plan_of(resizing([Block("resize", option=2)]), "generic", True)
    replay(plan)
    stage = next(stage.stage for stage in plan.stages if isinstance(stage.stage.first, Resize))
    assert plan.buffers[stage.inputs[0].name].slots <= 4 < stage.inputs[0].height


def test_a_resize_waits_for_its_whole_input_where_that_takes_less(load_model: Callable[[str], Graph]) -> None:
    """Deep features that are laid over shallow ones, which wait anyway."""
    graph = load_model("../field/fpn_bilinear_r32_rgb.tflite")
    plan = plan_of(graph, "generic", True)
    replay(plan)
    resizes = [stage.stage.first for stage in plan.stages if isinstance(stage.stage.first, Resize)]
    assert [resize.waits for resize in resizes] == [True]
