"""Replays a plan's schedule on an arena of marks: every byte remembers what was last written there.

Nothing here is taken from the planner but its results. Which rows an output row needs is worked out from the operators.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from mcugen.ir import AveragePool2D, Conv2D, DepthwiseConv2D, MaxPool2D, Operator, Pad, Reshape
from mcugen.ir.operators.outputs import Outputs
from mcugen.ir.operators.resize import Resize
from mcugen.ir.operators.slice import Slice
from mcugen.plan.buffer import Buffer
from mcugen.plan.plan import Plan, StagePlan
from mcugen.plan.schedule import FEED, Step

_COLUMNS = 1 << 40


def rows_needed(op: Operator, y: int, height: int) -> list[int]:
    """Rows of the input that really exist and that output row y is computed from."""
    if isinstance(op, Conv2D | DepthwiseConv2D | AveragePool2D | MaxPool2D):
        first = y * op.window.stride[0] - op.window.padding[0]
        rows: Iterable[int] = range(first, first + op.window.kernel[0])
    elif isinstance(op, Pad):
        rows = range(y - op.padding[0], y - op.padding[0] + 1)
    elif isinstance(op, Resize):
        rows = op.rows[y, :2].tolist()
    elif isinstance(op, Reshape | Outputs):
        rows = range(height)
    elif isinstance(op, Slice):
        rows = range(op.begin[0] + y * op.stride[0], op.begin[0] + y * op.stride[0] + 1)
    elif height == 1:
        # A vector stands at every row of what is combined with it.
        rows = range(1)
    else:
        rows = range(y, y + 1)
    return [row for row in rows if 0 <= row < height]


class Arena:
    """int64 marks, one a byte; -1 where nothing was written."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.marks = np.full(plan.arena_bytes, -1, np.int64)
        self.numbers = {name: number for number, name in enumerate(plan.buffers)}
        self.written: set[tuple[str, int]] = set()

    def _row(self, buffer: Buffer, y: int) -> tuple[np.ndarray, int]:
        slot = y % buffer.slots if buffer.places is None else buffer.places[y]
        begin = buffer.offset + slot * buffer.row_bytes
        end = begin + buffer.tensor.width * buffer.tensor.channels
        assert 0 <= slot < buffer.slots
        assert begin >= 0
        assert end <= min(begin + buffer.row_bytes, self.plan.arena_bytes)
        return self.marks[begin:end], self.numbers[buffer.tensor.name] << 20 | y

    def write(self, tensor: str, y: int) -> None:
        assert (tensor, y) not in self.written, f"row {y} of {tensor} is written twice"
        self.written.add((tensor, y))
        place, mark = self._row(self.plan.buffers[tensor], y)
        place[:] = mark

    def check(self, tensor: str, rows: list[int], when: str) -> None:
        for y in rows:
            assert (tensor, y) in self.written, f"row {y} of {tensor} is read {when} before it exists"
            place, mark = self._row(self.plan.buffers[tensor], y)
            assert np.all(place == mark), f"row {y} of {tensor} was lost {when}"

    def columns(self, stage: StagePlan) -> np.ndarray:
        end = stage.columns_offset + stage.columns_bytes
        assert stage.columns_offset >= 0
        assert end <= self.plan.arena_bytes
        return self.marks[stage.columns_offset : end]


def bands_at_once(plan: Plan) -> Iterator[tuple[int, Step]]:
    """The steps with their numbers; of rows whose columns stand in the arena together the first alone, behind which the
    others must come."""
    behind: list[Step] = []
    for number, step in enumerate(plan.schedule.steps):
        if behind:
            assert step == behind.pop(0), f"step {number} comes between rows of a band"
            continue
        yield number, step
        planned = None if step.stage == FEED else plan.stages[step.stage]
        if planned is not None and planned.kernel is not None:
            end = min(step.row + planned.kernel.rows_of_columns, planned.stage.output.height)
            behind = [Step(step.stage, row) for row in range(step.row + 1, end)]
    assert not behind


def replay(plan: Plan) -> None:
    """Runs the schedule; raises AssertionError where a row is not there, or no longer there, when it is read."""
    arena = Arena(plan)
    group_of = [g for g, (first, last) in enumerate(plan.schedule.groups) for _ in range(first, last + 1)]
    begun: set[int] = set()
    for number, step in bands_at_once(plan):
        group = 0 if step.stage == FEED else group_of[step.stage]
        # A resident image is there before anything is cleared.
        if group not in begun and not (plan.resident and step.stage == FEED):
            begun.add(group)
            cleared = plan.cleared_columns(group)
            if cleared is not None:
                arena.marks[cleared[0] : cleared[0] + cleared[1]] = _COLUMNS + group
        if step.stage == FEED:
            arena.write(plan.graph.input, step.row)
            continue
        stage = plan.stages[step.stage]
        # Columns of all rows of a band are made before the first of its outputs, or each row follows the other.
        together = stage.kernel.rows_of_columns if stage.kernel is not None else 1
        rows = range(step.row, min(step.row + together, stage.stage.output.height))
        when = f"in step {number}, row {step.row} of stage {step.stage}"
        sources = [
            (tensor.name, [row for y in rows for row in rows_needed(stage.stage.first, y, tensor.height)])
            for tensor in stage.stage.inputs
        ]
        output = stage.stage.output.name
        for name, read in sources:
            arena.check(name, read, when)
        if stage.columns_bytes == 0:
            # Sources are read while the output row is written.
            arena.write(output, step.row)
            for name, read in sources:
                arena.check(name, read, f"while written {when}")
            continue
        block = arena.columns(stage)
        if stage.kernel is not None and stage.kernel.clears_columns:
            # Low bytes were cleared at the begin of the group and must still be so.
            assert np.all(block == _COLUMNS + group), f"the cleared columns were overwritten {when}"
        mark = _COLUMNS + group if stage.kernel is not None and stage.kernel.clears_columns else _COLUMNS * 2 + number
        block[:] = mark
        for name, read in sources:
            arena.check(name, read, f"by columns {when}")
        for y in rows:
            arena.write(output, y)
        assert np.all(block == mark), f"columns were lost {when}"
        if stage.kernel is not None and stage.kernel.fills > 1:
            for name, read in sources:
                arena.check(name, read, f"between two fills {when}")
    for name, buffer in plan.buffers.items():
        made = {y for tensor, y in arena.written if tensor == name}
        assert made == set(range(buffer.tensor.height)), f"{name} is not whole"
    if plan.graph.by_rows:
        # A row is handed over when it is written, and nothing stays.
        assert all(plan.buffers[name].slots == 1 or plan.buffers[name].places for name in plan.graph.by_rows)
        return
    last = plan.graph.output_tensor
    assert plan.buffers[last.name].slots == last.height
    arena.check(last.name, list(range(last.height)), "at the end")
