"""Where the arena is fullest: what a budget of RAM is bound by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.plan.plan import Plan
from mcugen.plan.schedule import FEED


@dataclass(frozen=True)
class Peak:
    """The moment at which most bytes of the arena are alive.

    stage: that runs then, None while a row of the image comes in. row: that it writes. bytes: alive then, all of them.
    tensors: what is alive and the bytes of each, largest first. columns: bytes of the stage's block of columns.
    """

    stage: int | None
    row: int
    bytes: int
    tensors: tuple[tuple[str, int], ...]
    columns: int


def arena_peak(plan: Plan) -> Peak:
    """The first moment of the schedule at which the most bytes are alive.

    Moment 2t is when step t reads, 2t + 1 when it writes: where columns stand between, what was read for the last time
    is gone by then. A ring is alive as a whole, a map row by row.
    """
    alive = _alive(plan)
    moments = 2 * len(plan.schedule.steps)
    columns = np.zeros(moments, np.int64)
    for time, step in enumerate(plan.schedule.steps):
        if step.stage != FEED:
            columns[2 * time : 2 * time + 2] = plan.stages[step.stage].columns_bytes
    total = columns + sum(alive.values())
    moment = int(np.argmax(total))
    step = plan.schedule.steps[moment // 2]
    parts = [(name, int(counts[moment])) for name, counts in alive.items() if counts[moment]]
    parts.sort(key=lambda part: (-part[1], part[0]))
    stage = None if step.stage == FEED else step.stage
    return Peak(stage, step.row, int(total[moment]), tuple(parts), int(columns[moment]))


def _alive(plan: Plan) -> dict[str, np.ndarray]:
    """Bytes alive at every moment, int64 [2 * steps], by tensor name."""
    steps = plan.schedule.steps
    births = {name: np.zeros(buffer.tensor.height, np.int64) for name, buffer in plan.buffers.items()}
    deaths = {name: np.zeros(buffer.tensor.height, np.int64) for name, buffer in plan.buffers.items()}
    for time, step in enumerate(steps):
        written = plan.graph.input if step.stage == FEED else plan.stages[step.stage].stage.output.name
        births[written][step.row] = deaths[written][step.row] = 2 * time + 1
        if step.stage == FEED:
            continue
        planned = plan.stages[step.stage]
        first, last = planned.stage.rows_read(step.row)
        for tensor in planned.stage.inputs:
            deaths[tensor.name][first : last + 1] = 2 * time + (0 if planned.columns_bytes else 1)
    deaths[plan.graph.output][:] = 2 * len(steps) - 1
    alive = {}
    for name, buffer in plan.buffers.items():
        begins, ends, row_bytes = births[name], deaths[name], buffer.row_bytes
        if buffer.is_ring:
            begins, ends, row_bytes = begins[:1], ends.max(keepdims=True), buffer.slots * buffer.row_bytes
        changes = np.zeros(2 * len(steps) + 1, np.int64)
        np.add.at(changes, begins, row_bytes)
        np.add.at(changes, ends + 1, -row_bytes)
        alive[name] = np.cumsum(changes)[:-1]
    return alive
