"""The plan: everything that the code generator only has to write down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from mcugen.ir import Add, AveragePool2D, Conv2D, DepthwiseConv2D, Graph, Tensor
from mcugen.passes.intervals import Intervals, analyze_intervals
from mcugen.plan.dsp import DspStage
from mcugen.plan.epilogue import Epilogue, choose_epilogue
from mcugen.plan.grouping import candidate_groups
from mcugen.plan.kernels import Kernel, plan_kernels
from mcugen.plan.linear_add import LinearAdd, linear_add
from mcugen.plan.memory import Item, Placement, peak_bytes, place
from mcugen.plan.overflow import prove_no_overflow
from mcugen.plan.packed import PackedStage
from mcugen.plan.pool import Pool, Ring, make_pools
from mcugen.plan.schedule import FEED, Schedule, simulate
from mcugen.plan.stage import Stage, make_stages
from mcugen.targets import Target

_FOREVER = 1 << 60


class Layout(Enum):
    """Order of the values of a row. PLANAR: [channel][x]. INTERLEAVED: [x][channel]."""

    PLANAR = "planar"
    INTERLEAVED = "interleaved"


class Producer(Enum):
    """Where the columns of a matrix stage come from.

    DIRECT: the input's memory is the columns already. IM2COL: windows are copied. DEPTHWISE: computed.
    """

    DIRECT = "direct"
    IM2COL = "im2col"
    DEPTHWISE = "depthwise"


@dataclass(frozen=True, eq=False)
class Buffer:
    """The rows of one tensor in the arena: a ring where slots < height, else the whole map.

    offset: bytes from the arena's begin. row_bytes: of one slot. places: the slot of each row where the slots are a
    pool's, None where row y lies in slot y % slots.
    """

    tensor: Tensor
    layout: Layout
    slots: int
    row_bytes: int
    offset: int
    places: tuple[int, ...] | None = None

    @property
    def is_ring(self) -> bool:
        """Rows share slots."""
        return self.places is not None or self.slots < self.tensor.height

    @property
    def rows_are_equidistant(self) -> bool:
        """Any three neighbouring rows lie at distances that do not change: in a ring of three, or in a whole map."""
        return self.places is None and (self.slots == 3 or self.slots >= self.tensor.height)

    @property
    def x_stride(self) -> int:
        """Bytes from one pixel to the next in a row."""
        return 1 if self.layout is Layout.PLANAR else self.tensor.channels

    @property
    def channel_stride(self) -> int:
        """Bytes from one channel to the next in a row."""
        return self.tensor.width if self.layout is Layout.PLANAR else 1


@dataclass(frozen=True, eq=False)
class StagePlan:
    """producer: None where the stage is no matrix stage. columns_bytes: its block of columns, at columns_offset of
    the arena. epilogues: by operator name. kernel: for DSP instructions or of packed pixels, None for portable code.
    linear_add: the form of an addition, None where it takes the model's own arithmetic."""

    stage: Stage
    producer: Producer | None
    columns_bytes: int
    columns_offset: int
    epilogues: dict[str, Epilogue]
    kernel: Kernel = None
    linear_add: LinearAdd | None = None

    @property
    def dsp(self) -> DspStage | None:
        """The kernel for DSP instructions, if it is one."""
        return self.kernel if isinstance(self.kernel, DspStage) else None

    @property
    def packed(self) -> PackedStage | None:
        """The kernel of packed pixels, if it is one."""
        return self.kernel if isinstance(self.kernel, PackedStage) else None


@dataclass(frozen=True, eq=False)
class Plan:
    """graph: after all passes. buffers: by tensor name. arena_bytes: of the one static arena. resident: the image
    lies in
    the arena as a whole before the first stage runs, and what it is needed for no longer is overwritten. items: all
    that lies in the arena, with its lifetimes and offset: rows by tensor name, and blocks of columns."""

    graph: Graph
    target: Target
    stages: tuple[StagePlan, ...]
    buffers: dict[str, Buffer]
    schedule: Schedule
    arena_bytes: int
    intervals: Intervals
    resident: bool = False
    items: tuple[tuple[Item, int], ...] = ()

    def cleared_columns(self, group: int) -> tuple[int, int] | None:
        """(offset, bytes) of the block of columns whose low bytes must be 0 while a group runs, None if it has none."""
        first, last = self.schedule.groups[group]
        stages = [stage for stage in self.stages[first : last + 1] if stage.dsp is not None and stage.columns_bytes]
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
    layouts = {name: _layout(graph, name) for name in graph.tensors}
    planar = {name for name, layout in layouts.items() if layout is Layout.PLANAR}
    kernels = plan_kernels(stages, planar, intervals, target)
    schedule, placement, producers, items, pools = _best_schedule(graph, stages, layouts, kernels, resident)
    buffers = {
        name: _buffer(t, layouts[name], schedule.slots[name], placement, pools)
        for name, t in graph.tensors.items()
        if name in schedule.slots
    }
    planned = []
    for stage in stages:
        group = _group_of(schedule, stage.index)
        planned.append(
            StagePlan(
                stage,
                producers[stage.index],
                _columns_bytes(stage, producers[stage.index], kernels[stage.index]),
                placement.offsets.get(_columns_name(group, kernels[stage.index]), 0),
                _epilogues(stage, intervals),
                kernels[stage.index],
                linear_add(stage.first.arithmetic, *stage.inputs) if isinstance(stage.first, Add) else None,
            )
        )
    placed = tuple((item, placement.offsets[item.name]) for item in items)
    return Plan(graph, target, tuple(planned), buffers, schedule, placement.size, intervals, resident, placed)


def _buffer(tensor: Tensor, layout: Layout, slots: int, placement: Placement, pools: Sequence[Pool]) -> Buffer:
    for pool in pools:
        if tensor.name in pool.places:
            item, places = pool.item, pool.places[tensor.name]
            return Buffer(tensor, layout, len(item.births), item.slot_bytes, placement.offsets[item.name], places)
    return Buffer(tensor, layout, slots, tensor.width * tensor.channels, placement.offsets[tensor.name])


def _layout(graph: Graph, name: str) -> Layout:
    consumers = graph.consumers(name)
    pooled = bool(consumers) and all(isinstance(op, AveragePool2D) for op in consumers)
    planar = pooled or any(isinstance(op, DepthwiseConv2D) for op in consumers)
    return Layout.PLANAR if planar else Layout.INTERLEAVED


def _producer(stage: Stage, layouts: dict[str, Layout], slots: dict[str, int], kernel: Kernel) -> Producer | None:
    op = stage.first
    if isinstance(op, DepthwiseConv2D):
        return Producer.DEPTHWISE
    if not isinstance(op, Conv2D):
        return None
    if kernel is not None:
        return Producer.IM2COL
    source = stage.inputs[0]
    whole = op.window.kernel == source.shape[:2] and slots[source.name] == source.height
    if layouts[source.name] is Layout.INTERLEAVED and (op.is_pointwise or (whole and not any(op.window.padding))):
        return Producer.DIRECT
    return Producer.IM2COL


def _columns_bytes(stage: Stage, producer: Producer | None, kernel: Kernel) -> int:
    """Bytes of one output row's columns; a depthwise convolution alone writes its output without columns."""
    if kernel is not None:
        return kernel.columns_bytes(stage.output.width)
    width = stage.output.width
    if producer is Producer.IM2COL and isinstance(stage.first, Conv2D):
        return width * stage.first.weights[0].size
    if producer is Producer.DEPTHWISE and stage.is_separable:
        return width * stage.first.weights.shape[2]  # type: ignore[attr-defined]
    return 0


def _columns_name(group: int, kernel: Kernel) -> str:
    # Low bytes of 16-bit columns stay 0 as long as nothing else is written there: they share with none but their like.
    return f"{'16-bit' if isinstance(kernel, DspStage) else 'portable'} columns of group {group}"


def _group_of(schedule: Schedule, stage: int) -> int:
    return next(i for i, (first, last) in enumerate(schedule.groups) if first <= stage <= last)


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


_Candidate = tuple[Schedule, Placement, list[Producer | None], list[Item], list[Pool]]


def _best_schedule(
    graph: Graph,
    stages: Sequence[Stage],
    layouts: dict[str, Layout],
    kernels: Sequence[Kernel],
    resident: bool,
) -> _Candidate:
    """The candidate partition with the smallest arena; the most promising are placed first."""
    simulated = []
    for groups in candidate_groups(stages, graph.input_tensor, resident=resident):
        schedule = simulate(stages, graph.input_tensor, graph.output, groups, resident=resident)
        producers = [_producer(s, layouts, schedule.slots, k) for s, k in zip(stages, kernels, strict=True)]
        items, pools = _items(graph, stages, schedule, producers, kernels, resident)
        simulated.append((peak_bytes(items), schedule, producers, items, pools))
    simulated.sort(key=lambda candidate: candidate[0])
    best: _Candidate | None = None
    for peak, schedule, producers, items, pools in simulated:
        if best is not None and peak >= best[1].size:
            break
        placement = place(items)
        if best is None or placement.size < best[1].size:
            best = (schedule, placement, producers, items, pools)
    assert best is not None
    return best


def _items(
    graph: Graph,
    stages: Sequence[Stage],
    schedule: Schedule,
    producers: Sequence[Producer | None],
    kernels: Sequence[Kernel],
    resident: bool,
) -> tuple[list[Item], list[Pool]]:
    """Arena items: a tensor's rows, pools of them, and each group's block of columns; and the pools.

    Moment 2t is when step t reads its rows, 2t + 1 when it writes its row: columns are complete by then, so the row may
    lie over rows read for the last time.
    """
    written: dict[str, np.ndarray] = {
        name: np.zeros(t.height, np.int64) for name, t in graph.tensors.items() if name in schedule.slots
    }
    read = {name: np.full(len(rows), -1, np.int64) for name, rows in written.items()}
    columns: dict[str, int] = {}
    spans: dict[str, tuple[int, int]] = {}
    # The first group begins before the first row comes in, or when the whole image is there.
    group_begins: dict[int, int] = {} if resident else {0: 0}
    for time, step in enumerate(schedule.steps):
        if step.stage == FEED:
            written[graph.input][step.row] = 2 * time + 1
            continue
        stage = stages[step.stage]
        kernel = kernels[step.stage]
        group = _group_of(schedule, step.stage)
        group_begins.setdefault(group, 2 * time)
        bytes_needed = _columns_bytes(stage, producers[step.stage], kernel)
        if bytes_needed:
            block = _columns_name(group, kernel)
            columns[block] = max(columns.get(block, 0), bytes_needed)
            # From the group's begin on, when 16-bit columns are cleared.
            spans[block] = (group_begins[group], 2 * time + 1)
        # Only where all columns are made before the first output is written may the output lie over what was read.
        complete = bytes_needed and (kernel is None or kernel.parts == 1)
        first, last = stage.rows_read(step.row)
        for tensor in stage.inputs:
            read[tensor.name][first : last + 1] = 2 * time + (0 if complete else 1)
        written[stage.output.name][step.row] = 2 * time + 1
    read[graph.output][:] = _FOREVER
    items = []
    rings: dict[int, list[Ring]] = {}
    producer_of = {stage.output.name: stage.index for stage in stages}
    for name, births in written.items():
        tensor, slots = graph.tensors[name], schedule.slots[name]
        if slots < tensor.height:
            group = _group_of(schedule, producer_of.get(name, 0))
            deaths = np.maximum(read[name], births)
            rings.setdefault(group, []).append(Ring(name, tensor.width * tensor.channels, slots, births, deaths))
    pools = [pool for members in rings.values() for pool in make_pools(members)]
    items += [pool.item for pool in pools]
    pooled = {name for pool in pools for name in pool.places}
    for name, births in written.items():
        if name in pooled:
            continue
        tensor, slots = graph.tensors[name], schedule.slots[name]
        deaths = np.maximum(read[name], births)
        if slots < tensor.height:
            # A slot of a ring lives from its first row to its last.
            births, deaths = births[:slots], np.array([deaths[slot::slots].max() for slot in range(slots)])
        items.append(Item(name, tensor.width * tensor.channels, births, deaths))
    for block, size in columns.items():
        begin, end = spans[block]
        items.append(Item(block, size, np.array([begin]), np.array([end])))
    return items, pools
