"""The plan: everything that the code generator only has to write down."""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.ir import Form, Graph
from mcugen.kernels.family import ColumnSource, Kernel
from mcugen.passes.intervals import Intervals
from mcugen.plan.buffer import Buffer
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.memory import Item
from mcugen.plan.pool import Pool
from mcugen.plan.schedule import Schedule
from mcugen.plan.stage import Stage
from mcugen.targets import Target


@dataclass(frozen=True, eq=False)
class StagePlan:
    """column_source: None where the stage is no matrix stage. columns_bytes: its block of columns, at columns_offset of
    the arena. epilogues: by operator name. kernel: of a convolution, None for other operators. refused: kernel families
    that come before its own, by name, and why each did not take the stage. form: of the first operator's arithmetic,
    None where it has no choice. unbanded: why its kernel computes no larger bands of rows, "" where nobody asked.
    given_up: a kernel that is preferred but for the memory that it takes, and why it was not taken."""

    stage: Stage
    column_source: ColumnSource | None
    columns_bytes: int
    columns_offset: int
    epilogues: dict[str, Epilogue]
    kernel: Kernel | None = None
    refused: tuple[tuple[str, str], ...] = ()
    form: Form | None = None
    unbanded: str = ""
    given_up: tuple[Kernel, str] | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """graph: after all passes. buffers: by tensor name, the image's first. arena_bytes: of the one static arena.
    resident: the image lies in the arena as a whole before the first stage runs, and is overwritten where it is needed
    no longer. items: all that lies in the arena, with its lifetimes and offset: rows by tensor name, pools of rows, and
    blocks of columns. pools: which of them several tensors share."""

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

    def rows_of(self, stage: int) -> int:
        """Rows that a call of a stage computes."""
        kernel = self.stages[stage].kernel
        return 1 if kernel is None else kernel.band_rows

    def cleared_columns(self, group: int) -> tuple[int, int] | None:
        """(offset, bytes) of the block of columns that is cleared before a group runs, None if it has none."""
        first, last = self.schedule.groups[group]
        stages = [s for s in self.stages[first : last + 1] if s.kernel and s.kernel.clears_columns and s.columns_bytes]
        if not stages:
            return None
        return stages[0].columns_offset, max(stage.columns_bytes for stage in stages)
