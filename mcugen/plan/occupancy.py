"""Where the arena is fullest: what a budget of RAM is bound by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.plan.memory import Item
from mcugen.plan.plan import Plan
from mcugen.plan.schedule import FEED


@dataclass(frozen=True)
class Peak:
    """The moment at which most bytes of the arena are alive.

    stage: that runs then, None while a row of the image comes in. row: that it writes. bytes: alive then, all of them.
    tensors: those that lie alone in what is alive, and the bytes of each, largest first. shared: bytes of rows in
    pools, which several rings share. columns: bytes of blocks of columns.
    """

    stage: int | None
    row: int
    bytes: int
    tensors: tuple[tuple[str, int], ...]
    shared: int
    columns: int


def arena_peak(plan: Plan) -> Peak:
    """The first moment of the schedule at which the most bytes are alive.

    Moment 2t is when step t reads, 2t + 1 when it writes.
    """
    alive = alive_bytes(plan)
    moment = int(np.argmax(sum(alive.values())))
    step = plan.schedule.steps[moment // 2]
    bytes_of = {name: int(counts[moment]) for name, counts in alive.items() if counts[moment]}
    tensors = [(name, size) for name, size in bytes_of.items() if name in plan.buffers]
    tensors.sort(key=lambda part: (-part[1], part[0]))
    stage = None if step.stage == FEED else step.stage
    shared = sum(bytes_of.get(pool.item.name, 0) for pool in plan.pools)
    total = sum(bytes_of.values())
    columns = total - shared - sum(size for _, size in tensors)
    return Peak(stage, step.row, total, tuple(tensors), shared, columns)


def alive_bytes(plan: Plan) -> dict[str, np.ndarray]:
    """Bytes of every item of the arena that are alive at every moment of the schedule, int64 [2 * steps], by name."""
    moments = 2 * len(plan.schedule.steps)
    return {item.name: _alive(item, moments) for item, _ in plan.items}


def _alive(item: Item, moments: int) -> np.ndarray:
    """Bytes of an item that are alive at every moment, int64 [moments]."""
    changes = np.zeros(moments + 1, np.int64)
    np.add.at(changes, np.minimum(item.births, moments), item.slot_bytes)
    np.add.at(changes, np.minimum(item.deaths + 1, moments), -item.slot_bytes)
    return np.cumsum(changes)[:moments]
