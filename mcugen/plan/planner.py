"""Making the plan of a graph for a target: everything that is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mcugen.ir import Graph
from mcugen.kernels.choose import choose_kernels
from mcugen.kernels.family import Kernel
from mcugen.passes.intervals import Intervals, analyze_intervals
from mcugen.plan.arena import Arrangement, best_arrangement
from mcugen.plan.buffer import Layout, place_buffer
from mcugen.plan.columns import columns_bytes, columns_name
from mcugen.plan.epilogue import Epilogue, choose_epilogue
from mcugen.plan.memory import Placement
from mcugen.plan.overflow import prove_no_overflow
from mcugen.plan.overlap import prove_no_overlap
from mcugen.plan.plan import Plan, StagePlan
from mcugen.plan.schedule import Schedule
from mcugen.plan.stage import Stage, make_stages, waiting_stages
from mcugen.targets import Target

_BLOCKS_APART = 1.02
"""Blocks of columns of two kinds, for kernels that take fewer instructions, may make an arena so much larger."""


def make_plan(graph: Graph, target: Target, *, resident: bool = False) -> Plan:
    """Plans the graph for the target, the image fed row by row or `resident`.

    Raises UnsupportedModelError naming a layer whose sums could overflow int32.
    """
    intervals = analyze_intervals(graph)
    prove_no_overflow(graph, intervals)
    stages = make_stages(graph)
    epilogues = [_epilogues(stage, intervals) for stage in stages]
    by_name = {name: epilogue for of_stage in epilogues for name, epilogue in of_stage.items()}
    choices, layouts = choose_kernels(graph, stages, by_name, intervals, target)
    kernels = [choice.kernel for choice in choices]
    given_up: dict[int, tuple[Kernel, str]] = {}
    arranged, placement = best_arrangement(graph, stages, layouts, kernels, resident)
    if any(kernel.clears_columns for kernel in kernels if kernel):
        cleared = [kernel and kernel.cleared for kernel in kernels]
        if cleared != kernels:
            other, other_placement = best_arrangement(graph, stages, layouts, cleared, resident)
            if other_placement.size * _BLOCKS_APART < placement.size:
                saved = placement.size - other_placement.size
                given_up = _given_up(stages, kernels, cleared, arranged.schedule, saved)
                kernels, arranged, placement = cleared, other, other_placement
    waiting = waiting_stages(stages)
    if waiting is not None:
        other, other_placement = best_arrangement(graph, waiting, layouts, kernels, resident)
        if other_placement.size < placement.size:
            stages, arranged, placement = waiting, other, other_placement
    decided = [
        StagePlan(
            stage,
            arranged.column_sources[stage.index],
            0,
            0,
            epilogues[stage.index],
            kernels[stage.index],
            choices[stage.index].refused,
            stage.first.form(stage.inputs),
            given_up=given_up.get(stage.index),
        )
        for stage in stages
    ]
    return finished_plan(graph, target, decided, layouts, arranged, placement, intervals, resident=resident)


def finished_plan(
    graph: Graph,
    target: Target,
    decided: Sequence[StagePlan],
    layouts: Mapping[str, Layout],
    arranged: Arrangement,
    placement: Placement,
    intervals: Intervals,
    *,
    resident: bool,
) -> Plan:
    """The plan of stages whose kernels are `decided`, with all that follows from where things lie in the arena; it is
    proved that nothing that is needed is overwritten."""
    schedule = arranged.schedule
    # Whatever the order of the graph's tensors, the generated code feeds the image to the first buffer.
    names = dict.fromkeys([graph.input, *graph.tensors])
    buffers = {
        name: place_buffer(graph.tensors[name], layouts[name], schedule.slots[name], placement, arranged.pools)
        for name in names
        if name in schedule.slots
    }
    planned = []
    for each in decided:
        stage, kernel, source = each.stage, each.kernel, arranged.column_sources[each.stage.index]
        block = columns_name(schedule.group_of(stage.index), kernel)
        size, offset = columns_bytes(stage, source, kernel), placement.offsets.get(block, 0)
        planned.append(replace(each, column_source=source, columns_bytes=size, columns_offset=offset))
    placed = tuple((item, placement.offsets[item.name]) for item in arranged.items)
    plan = Plan(
        graph,
        target,
        tuple(planned),
        buffers,
        schedule,
        placement.size,
        intervals,
        resident,
        placed,
        tuple(arranged.pools),
    )
    prove_no_overlap(plan)
    return plan


def _given_up(
    stages: Sequence[Stage],
    kernels: Sequence[Kernel | None],
    cleared: Sequence[Kernel | None],
    schedule: Schedule,
    saved: int,
) -> dict[int, tuple[Kernel, str]]:
    """By stage: its kernel, in whose place it has one that clears its columns, and why. saved: bytes of the arena."""
    clearing = [stage for stage, kernel in zip(stages, kernels, strict=True) if kernel and kernel.clears_columns]
    found = {}
    for stage, kernel, taken in zip(stages, kernels, cleared, strict=True):
        if kernel is None or kernel is taken:
            continue
        group = schedule.group_of(stage.index)
        beside = next((s for s in clearing if schedule.group_of(s.index) == group), clearing[0])
        shared = f"its columns are cleared and 256-fold as those of {beside.last.name}, to share blocks with them"
        found[stage.index] = (kernel, f"{shared}: {saved:,} bytes of RAM less")
    return found


def _epilogues(stage: Stage, intervals: Intervals) -> dict[str, Epilogue]:
    result = {}
    for op in stage.operators:
        requantization = op.requantizes
        if requantization is None:
            continue
        reachable = intervals.accumulators[op.name]
        bias = np.broadcast_to(op.sums_start, reachable.low.shape)
        result[op.name] = choose_epilogue(requantization, bias, reachable)
    return result
