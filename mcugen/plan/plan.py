"""The plan: everything that the code generator only has to write down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.ir import Form, Graph
from mcugen.kernels.choose import choose_kernels
from mcugen.kernels.family import Kernel, Producer
from mcugen.passes.intervals import Intervals, analyze_intervals
from mcugen.plan.arena import best_arrangement
from mcugen.plan.buffer import Buffer, place_buffer
from mcugen.plan.columns import columns_bytes, columns_name
from mcugen.plan.epilogue import Epilogue, choose_epilogue
from mcugen.plan.memory import Item
from mcugen.plan.overflow import prove_no_overflow
from mcugen.plan.overlap import prove_no_overlap
from mcugen.plan.pool import Pool
from mcugen.plan.schedule import Schedule
from mcugen.plan.stage import Stage, make_stages
from mcugen.targets import Target


@dataclass(frozen=True, eq=False)
class StagePlan:
    """producer: None where the stage is no matrix stage. columns_bytes: its block of columns, at columns_offset of
    the arena. epilogues: by operator name. kernel: of a convolution, None for other operators. refused: kernel families
    that come before its own, by name, and why each did not take the stage. form: of the first operator's arithmetic,
    None where it has no choice."""

    stage: Stage
    producer: Producer | None
    columns_bytes: int
    columns_offset: int
    epilogues: dict[str, Epilogue]
    kernel: Kernel | None = None
    refused: tuple[tuple[str, str], ...] = ()
    form: Form | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """graph: after all passes. buffers: by tensor name. arena_bytes: of the one static arena. resident: the image lies
    in the arena as a whole before the first stage runs, and is overwritten where it is needed no longer. items: all
    that lies in the arena, with its lifetimes and offset: rows by tensor name, pools of rows, and blocks of columns.
    pools: which of them several tensors share."""

    graph: Graph
    target: Target
    stages: tuple[StagePlan, ...]
    buffers: dict[str, Buffer]
    schedule: Schedule
    arena_bytes: int
    intervals: Intervals
    resident: bool = False
    items: tuple[tuple[Item, int], ...] = ()
    pools: tuple[Pool, ...] = ()

    def cleared_columns(self, group: int) -> tuple[int, int] | None:
        """(offset, bytes) of the block of columns that is cleared before a group runs, None if it has none."""
        first, last = self.schedule.groups[group]
        stages = [s for s in self.stages[first : last + 1] if s.kernel and s.kernel.clears_columns and s.columns_bytes]
        if not stages:
            return None
        return stages[0].columns_offset, max(stage.columns_bytes for stage in stages)


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
    arranged, placement = best_arrangement(graph, stages, layouts, kernels, resident)
    schedule = arranged.schedule
    buffers = {
        name: place_buffer(t, layouts[name], schedule.slots[name], placement, arranged.pools)
        for name, t in graph.tensors.items()
        if name in schedule.slots
    }
    planned = []
    for stage in stages:
        group = schedule.group_of(stage.index)
        planned.append(
            StagePlan(
                stage,
                arranged.producers[stage.index],
                columns_bytes(stage, arranged.producers[stage.index], kernels[stage.index]),
                placement.offsets.get(columns_name(group, kernels[stage.index]), 0),
                epilogues[stage.index],
                kernels[stage.index],
                choices[stage.index].refused,
                stage.first.form(stage.inputs),
            )
        )
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


def _epilogues(stage: Stage, intervals: Intervals) -> dict[str, Epilogue]:
    result = {}
    for op in stage.operators:
        requantization = getattr(op, "requantization", None)
        if requantization is None:
            continue
        reachable = intervals.accumulators[op.name]
        bias = getattr(op, "bias", np.zeros(len(reachable.low), np.int64)).astype(np.int64)
        result[op.name] = choose_epilogue(requantization, bias, reachable)
    return result
