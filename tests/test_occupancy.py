"""Costs of a plan: where the arena is fullest, the estimate of code, live costs under padded channels."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from mcugen.ir import Graph
from mcugen.plan.live import graph_live_macs, graph_live_parameters
from mcugen.plan.macs import graph_macs, graph_parameters
from mcugen.plan.occupancy import arena_peak
from mcugen.plan.planner import make_plan
from mcugen.targets import find_target
from mcugen.targets.generic import GENERIC
from tests.support.passes import optimized
from tests.support.random_graphs import graphs


@settings(max_examples=40)
@given(graph=graphs())
def test_the_peak_fits_the_arena(graph: Graph) -> None:
    for name in ("generic", "cortex-m4"):
        target = find_target(name)
        plan = make_plan(optimized(graph, target), target)
        peak = arena_peak(plan)
        assert sum(size for _, size in peak.tensors) + peak.shared + peak.columns == peak.bytes
        pooled = {name for name, buffer in plan.buffers.items() if buffer.places is not None}
        assert not pooled & {name for name, _ in peak.tensors}
        assert pooled or not peak.shared
        assert 0 < peak.bytes <= plan.arena_bytes


@settings(max_examples=40)
@given(graph=graphs())
def test_padding_channels_costs_nothing_live(graph: Graph) -> None:
    plain, padded = optimized(graph), optimized(graph, replace(GENERIC, channel_multiple=4))
    assert graph_live_macs(padded) == graph_live_macs(plain) == graph_macs(plain)
    assert graph_live_parameters(padded) == graph_live_parameters(plain) == graph_parameters(plain)
