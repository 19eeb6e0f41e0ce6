"""The arena: what lies in it and when, and the schedule that makes it smallest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcugen.ir import Graph
from mcugen.kernels.family import ColumnSource, Kernel
from mcugen.plan.buffer import Layout
from mcugen.plan.columns import choose_column_source, columns_bytes, columns_name
from mcugen.plan.grouping import candidate_groups
from mcugen.plan.memory import Item, Placement, peak_bytes, place
from mcugen.plan.pool import Pool, Ring, make_pools
from mcugen.plan.schedule import FEED, Reads, Schedule, simulate
from mcugen.plan.stage import Stage

_FOREVER = 1 << 60


@dataclass(frozen=True, eq=False)
class Arrangement:
    """A schedule and what its arena holds. column_sources: by stage. items: rows by tensor name, pools of them, and the
    block of columns of each group."""

    schedule: Schedule
    column_sources: list[ColumnSource | None]
    items: list[Item]
    pools: list[Pool]


def best_arrangement(
    graph: Graph,
    stages: Sequence[Stage],
    layouts: dict[str, Layout],
    kernels: Sequence[Kernel | None],
    resident: bool,
) -> tuple[Arrangement, Placement]:
    """The candidate partition with the smallest arena; the most promising are placed first."""
    candidates = []
    reads = Reads(stages)
    image, handed = graph.input_tensor, graph.by_rows
    for groups in candidate_groups(stages, image, handed=handed, resident=resident):
        schedule = simulate(stages, image, graph.output, groups, handed=handed, resident=resident, reads=reads)
        candidates.append(_arrange(graph, stages, schedule, layouts, kernels, resident))
    peaks = [peak_bytes(candidate.items) for candidate in candidates]
    best: tuple[Arrangement, Placement] | None = None
    for peak, candidate in sorted(zip(peaks, candidates, strict=True), key=lambda pair: pair[0]):
        if best is not None and peak >= best[1].size:
            break
        placement = place(candidate.items)
        if best is None or placement.size < best[1].size:
            best = candidate, placement
    assert best is not None
    return best


def arrangement(
    graph: Graph,
    stages: Sequence[Stage],
    groups: Sequence[tuple[int, int]],
    layouts: Mapping[str, Layout],
    kernels: Sequence[Kernel | None],
    resident: bool,
) -> tuple[Arrangement, Placement]:
    """That of one partition of the stages into groups."""
    image, handed, bands = graph.input_tensor, graph.by_rows, [1 if k is None else k.band_rows for k in kernels]
    schedule = simulate(stages, image, graph.output, groups, handed=handed, resident=resident, bands=bands)
    arranged = _arrange(graph, stages, schedule, layouts, kernels, resident)
    return arranged, place(arranged.items)


@dataclass(frozen=True)
class _Lifetimes:
    """Moments by tensor and row: when it is written, and read last. columns: bytes and (first, last) moment by block.

    Moment 2t is when step t reads its rows, 2t + 1 when it writes its row: columns are complete by then, so the row may
    lie over rows read for the last time.
    """

    written: dict[str, np.ndarray]
    read: dict[str, np.ndarray]
    columns: dict[str, tuple[int, tuple[int, int]]]

    def deaths(self, tensor: str) -> np.ndarray:
        """The last moment at which each row is needed; a row that nobody reads dies when it is written."""
        return np.maximum(self.read[tensor], self.written[tensor])


def _arrange(
    graph: Graph,
    stages: Sequence[Stage],
    schedule: Schedule,
    layouts: Mapping[str, Layout],
    kernels: Sequence[Kernel | None],
    resident: bool,
) -> Arrangement:
    column_sources = [choose_column_source(s, layouts, schedule.slots, k) for s, k in zip(stages, kernels, strict=True)]
    lifetimes = _lifetimes(graph, stages, schedule, column_sources, kernels, resident)
    pools = _pools(graph, stages, schedule, lifetimes)
    pooled = {name for pool in pools for name in pool.places}
    items = [pool.item for pool in pools]
    for name, births in lifetimes.written.items():
        if name in pooled:
            continue
        tensor, slots, deaths = graph.tensors[name], schedule.slots[name], lifetimes.deaths(name)
        if slots < tensor.height:
            # A slot of a ring lives from its first row to its last.
            births, deaths = births[:slots], np.array([deaths[slot::slots].max() for slot in range(slots)])
        items.append(Item(name, tensor.width * tensor.channels, births, deaths))
    for block, (size, (begin, end)) in lifetimes.columns.items():
        items.append(Item(block, size, np.array([begin]), np.array([end])))
    return Arrangement(schedule, column_sources, items, pools)


def _lifetimes(
    graph: Graph,
    stages: Sequence[Stage],
    schedule: Schedule,
    column_sources: Sequence[ColumnSource | None],
    kernels: Sequence[Kernel | None],
    resident: bool,
) -> _Lifetimes:
    written = {name: np.zeros(t.height, np.int64) for name, t in graph.tensors.items() if name in schedule.slots}
    read = {name: np.full(len(rows), -1, np.int64) for name, rows in written.items()}
    columns: dict[str, tuple[int, tuple[int, int]]] = {}
    # The first group begins before the first row comes in, or when the whole image is there.
    group_begins: dict[int, int] = {} if resident else {0: 0}
    for time, step in enumerate(schedule.steps):
        if step.stage == FEED:
            written[graph.input][step.row] = 2 * time + 1
            continue
        stage = stages[step.stage]
        kernel = kernels[step.stage]
        group = schedule.group_of(step.stage)
        group_begins.setdefault(group, 2 * time)
        needed = columns_bytes(stage, column_sources[step.stage], kernel)
        if needed:
            block = columns_name(group, kernel)
            largest = max(columns[block][0] if block in columns else 0, needed)
            # From the group's begin on, when some kinds of columns are cleared.
            columns[block] = largest, (group_begins[group], 2 * time + 1)
        # Only where all columns are made before the first output is written may the output lie over what was read.
        complete = needed and (kernel is None or kernel.fills == 1)
        for tensor, (first, last) in zip(stage.inputs, stage.rows_read(step.row), strict=True):
            read[tensor.name][first : last + 1] = 2 * time + (0 if complete else 1)
        written[stage.output.name][step.row] = 2 * time + 1
    if not graph.by_rows:
        read[graph.output][:] = _FOREVER
    return _Lifetimes(written, read, columns)


def _pools(graph: Graph, stages: Sequence[Stage], schedule: Schedule, lifetimes: _Lifetimes) -> list[Pool]:
    """The rings of each group that share their slots."""
    rings: dict[int, list[Ring]] = {}
    writer_of = {stage.output.name: stage.index for stage in stages}
    for name, births in lifetimes.written.items():
        tensor, slots = graph.tensors[name], schedule.slots[name]
        if slots < tensor.height:
            group = schedule.group_of(writer_of.get(name, 0))
            ring = Ring(name, tensor.width * tensor.channels, slots, births, lifetimes.deaths(name))
            rings.setdefault(group, []).append(ring)
    return [pool for members in rings.values() for pool in make_pools(members)]
