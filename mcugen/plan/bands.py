"""Bands of rows: where flash is slow, several rows of a stage are computed while its weights are at hand.

A matrix kernel reads all weights of its stage for every row. A cache has none of them left for the next row if other
stages run in between, or if it is smaller than the weights are. Rows of a band follow each other; where the weights do
not fit the cache, the columns of all rows stand in the arena first, and the kernel runs for all rows on a part of the
weights that fits before it goes on. That takes RAM, for rows or for columns, and a few instructions for more calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mcugen.kernels.family import Kernel
from mcugen.plan.arena import Arrangement, arrangement
from mcugen.plan.memory import Placement
from mcugen.plan.plan import Plan, StagePlan
from mcugen.plan.planner import finished_plan
from mcugen.targets.memory import MemorySystem

ANY_ROWS = 1 << 16
"""For `BandOptions.rows`: as many as RAM allows."""
_KEPT_BYTES = 2048
"""Of weights that a cache which is not known may keep."""
_CALL_CYCLES = 40
"""About what one more call of a kernel takes."""


@dataclass(frozen=True)
class BandOptions:
    """rows: the most of a band. ram_bytes: that the context may take, None for no more than without bands. memory: of
    the board; None where it is not known."""

    rows: int = ANY_ROWS
    ram_bytes: int | None = None
    memory: MemorySystem | None = None

    @property
    def kept_bytes(self) -> int:
        """Most bytes of weights that are taken to stay in the cache until the next row: some of it is for code, and
        sets of a few lines are full before all are."""
        return _KEPT_BYTES if self._cache_bytes is None else self._cache_bytes * 3 // 4

    @property
    def part_bytes(self) -> int:
        """Most bytes of weights that are read at a time where they all are too many."""
        return _KEPT_BYTES if self._cache_bytes is None else self._cache_bytes // 4

    @property
    def _cache_bytes(self) -> int | None:
        cache = None if self.memory is None else self.memory.constant_cache
        return None if cache is None else cache.size_bytes

    @property
    def useless(self) -> str:
        """Why no stage is faster in bands, "" where some may be."""
        if self.memory is None:
            return ""
        if self.memory.constants_in_ram or self.memory.fill_cycles == 0:
            return "the board reads weights without waiting"
        return "" if self._cache_bytes else "the board has no cache that weights could stay in"


def with_bands(plan: Plan, options: BandOptions, context_bytes: int) -> Plan:
    """The plan with bands where they save reading weights and the RAM that the context may take allows them.

    context_bytes: of this plan's. Stages that read the most go first.
    """
    search = _Search(plan, options)
    most_first = sorted(plan.stages, key=lambda each: -_read_bytes(each))
    turning = [planned for planned in most_first if search.takes_turns(planned)]
    alone = [planned for planned in most_first if not search.takes_turns(planned)]
    # What takes no more RAM comes first, and then what reads and computes most.
    for planned in alone:
        search.widen(planned, search.sizes(planned))
    search.allowed += max((options.ram_bytes or 0) - context_bytes, 0)
    # Rows of stages that take turns stand in the arena at the same time: all have two rows before one has three.
    growing = {planned.stage.index: search.sizes(planned)[::-1] for planned in turning}
    while growing:
        for planned in turning:
            sizes = growing.get(planned.stage.index)
            if sizes is None:
                continue
            if search.widen(planned, sizes[:1]) and sizes[1:]:
                growing[planned.stage.index] = sizes[1:]
            else:
                del growing[planned.stage.index]
    for planned in alone:
        search.widen(planned, search.sizes(planned))
    return search.finished()


class _Search:
    """decided: the stages with the bands that were found so far. allowed: bytes that the arena may have."""

    def __init__(self, plan: Plan, options: BandOptions) -> None:
        self.plan = plan
        self.options = options
        self.allowed = plan.arena_bytes
        self.layouts = {name: buffer.layout for name, buffer in plan.buffers.items()}
        self.stages = [planned.stage for planned in plan.stages]
        self.decided = list(plan.stages)
        self.best: tuple[Arrangement, Placement] | None = None

    def takes_turns(self, planned: StagePlan) -> bool:
        """Whether other stages run between rows of this one, or rows of the image come in."""
        group = self.plan.schedule.group_of(planned.stage.index)
        first, last = self.plan.schedule.groups[group]
        return first != last or group == 0

    def sizes(self, planned: StagePlan) -> list[int]:
        """Rows of a band that come into question, the most first. Where stages take turns all bands are equally
        high."""
        height, divisors = planned.stage.output.height, self.takes_turns(planned)
        counts = range(-(-height // self.options.rows), height)
        found = dict.fromkeys(-(-height // bands) for bands in counts)
        return [rows for rows in found if rows > 1 and not (divisors and height % rows)]

    def widen(self, planned: StagePlan, sizes: Sequence[int]) -> bool:
        """Gives a stage bands of the first of these sizes that there is room for, and says why they are no larger.
        Whether it did."""
        index, found = planned.stage.index, self.decided[planned.stage.index]
        why = _refused(self.plan, planned, self.options)
        if not (why or sizes or found.kernel is None or found.kernel.band):
            why = f"its {planned.stage.output.height} rows make no bands of the same height"
        for rows in () if why else sizes:
            if found.kernel is not None and found.kernel.band_rows == rows:
                break
            banded = self._banded(planned, rows)
            if isinstance(banded, str):
                why = banded
                break
            made = self._arranged(index, banded)
            if made[1].size <= self.allowed:
                self.best = made
                self.decided[index] = replace(planned, kernel=banded, unbanded=why)
                return True
            why = why or f"{rows} rows need an arena of {made[1].size:,} bytes, more than {self.allowed:,}"
        self.decided[index] = replace(found, unbanded=why)
        return False

    def finished(self) -> Plan:
        """The plan with what was decided."""
        plan = self.plan
        if self.best is None:
            return replace(plan, stages=tuple(self.decided))
        return finished_plan(
            plan.graph, plan.target, self.decided, self.layouts, *self.best, plan.intervals, resident=plan.resident
        )

    def _banded(self, planned: StagePlan, rows: int) -> Kernel | str:
        """The kernel in bands of so many rows, or why it is not faster so."""
        kernel, op = planned.kernel, planned.stage.matrix
        assert kernel is not None
        assert op is not None
        options, height, table = self.options, planned.stage.output.height, kernel.matrix_bytes(op)
        kept = table <= options.kept_bytes
        between = self._group_bytes(planned)
        if table and between <= options.kept_bytes:
            whose = "its" if between == table else "its and its neighbours'"
            return f"{whose} {between:,} bytes of weights stay in the cache from row to row"
        banded = kernel.in_bands(op, rows, table if kept else options.part_bytes)
        if isinstance(banded, str) or banded.band is None or options.memory is None:
            return banded
        memory, line = options.memory, options.memory.constant_cache
        assert line is not None
        saved = (height - -(-height // rows)) * -(-table // line.line_bytes) * memory.fill_cycles
        parts = banded.parts(len(op.weights))
        taken = (parts - 1) * height * _CALL_CYCLES
        cache = memory.data_cache
        if memory.ram_fill_cycles and cache is not None and 2 * rows * planned.columns_bytes > cache.size_bytes:
            # Columns of all rows pass through the cache for each part.
            lines = planned.columns_bytes // cache.line_bytes
            taken += (parts - 1) * height * lines * memory.ram_fill_cycles
        return banded if saved > taken else "more calls of its kernel would take longer than the reads that they save"

    def _group_bytes(self, planned: StagePlan) -> int:
        """Bytes of the tables that are read from one row of a stage to its next: of all stages of its group."""
        first, last = self.plan.schedule.groups[self.plan.schedule.group_of(planned.stage.index)]
        own = self.plan.stages[first : last + 1]
        return sum(each.kernel.matrix_bytes(op) for each in own if each.kernel and (op := each.stage.matrix))

    def _arranged(self, index: int, kernel: Kernel) -> tuple[Arrangement, Placement]:
        plan, kernels = self.plan, [each.kernel for each in self.decided]
        kernels[index] = kernel
        return arrangement(plan.graph, self.stages, plan.schedule.groups, self.layouts, kernels, plan.resident)


def _read_bytes(planned: StagePlan) -> int:
    """Of the matrix kernel's table, over all rows."""
    kernel, op = planned.kernel, planned.stage.matrix
    return 0 if kernel is None or op is None else kernel.matrix_bytes(op) * planned.stage.output.height


def _refused(plan: Plan, planned: StagePlan, options: BandOptions) -> str:
    """Why bands are of no use to a stage, or cannot be; "" where they may."""
    if planned.kernel is None or planned.stage.matrix is None:
        return "it has no matrix of weights"
    if planned.stage.output.height == 1:
        return "it has one row"
    if planned.stage.output.name in plan.graph.by_rows:
        return "its rows are handed to the program one by one"
    return options.useless
