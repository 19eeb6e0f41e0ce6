"""Partitions of deep nets: the work of the planner grows with their depth, not with a power of it."""

from __future__ import annotations

import pytest

from mcugen.fixedpoint import Rounding
from mcugen.plan import arena, grouping
from mcugen.plan.planner import make_plan
from mcugen.plan.stage import make_stages
from mcugen.targets import find_target
from tests.support.passes import optimized
from tests.support.random_graphs import Block, build

GENERIC = find_target("generic")


def work(depth: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """(schedules simulated, groups estimated) for a chain of that many convolutions."""
    counts = [0, 0]
    simulate, estimate = arena.simulate, grouping._Estimate.bytes

    def counted_schedule(*arguments: object, **options: object) -> object:
        counts[0] += 1
        return simulate(*arguments, **options)  # type: ignore[arg-type]

    def counted_estimate(self: grouping._Estimate, begin: int, end: int) -> int:
        counts[1] += 1
        return estimate(self, begin, end)

    with monkeypatch.context() as patch:
        patch.setattr(arena, "simulate", counted_schedule)
        patch.setattr(grouping._Estimate, "bytes", counted_estimate)
        graph = build((3, 3, 2), 0, Rounding.DOUBLE, [Block("conv", channels=2, option=1)] * depth, seed=3)
        plan = make_plan(optimized(graph, fold_constants=False), GENERIC)
    assert len(plan.stages) == depth
    return counts[0], counts[1]


def test_the_work_of_deep_nets_is_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    half, whole = work(150, monkeypatch), work(300, monkeypatch)
    assert whole[0] <= half[0] + 2
    assert whole[1] <= 2.2 * half[1]


def test_all_cuts_of_shallow_nets_are_tried() -> None:
    graph = build((3, 3, 2), 0, Rounding.DOUBLE, [Block("conv", channels=2, option=1)] * 12, seed=3)
    candidates = grouping.candidate_groups(make_stages(graph), graph.input_tensor)
    assert [groups[0] for groups in candidates[:-1]] == [(0, k) for k in range(12)]
    for groups in candidates:
        assert [stage for first, last in groups for stage in range(first, last + 1)] == list(range(12))
