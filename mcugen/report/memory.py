"""What lies where in the arena, and when."""

from __future__ import annotations

import numpy as np

from mcugen.analysis import Analysis
from mcugen.compiler import Compiled
from mcugen.plan.memory import Item
from mcugen.plan.occupancy import alive_bytes
from mcugen.plan.plan import Plan
from mcugen.schemas.costs import MemoryItem
from mcugen.schemas.optimization import StageGroup
from mcugen.schemas.report.memory import ArenaItem, FullestMoment, ItemKind, Memory


def memory_record(compiled: Compiled, costs: Analysis) -> Memory:
    """The arena by time."""
    plan = compiled.plan
    moments = 2 * len(plan.schedule.steps)
    alive = np.sum(list(alive_bytes(plan).values()), axis=0)
    peak = costs.peak
    return Memory(
        arena_bytes=plan.arena_bytes,
        ram_bytes=costs.ram_bytes,
        peak=FullestMoment(
            step=int(alive.argmax()) // 2,
            stage=-1 if peak.stage is None else peak.stage,
            row=peak.row,
            alive_bytes=peak.bytes,
            parts=tuple(MemoryItem(name, size) for name, size in costs.peak_items),
        ),
        groups=tuple(StageGroup(first, last) for first, last in plan.schedule.groups),
        steps=tuple((step.stage, step.row) for step in plan.schedule.steps),
        alive_bytes=tuple(alive.reshape(-1, 2).max(axis=1).tolist()),
        items=tuple(_item(plan, costs, item, offset, moments) for item, offset in plan.items),
    )


def _item(plan: Plan, costs: Analysis, item: Item, offset: int, moments: int) -> ArenaItem:
    kind, names, rows = _contents(plan, item)
    ends = item.deaths.clip(max=moments - 1)
    return ArenaItem(
        kind=kind,
        layers=tuple(costs.tensor_layers[name] for name in names),
        rows=rows,
        offset=offset,
        bytes=item.size,
        slot_bytes=item.slot_bytes,
        slots=tuple(zip(item.births.tolist(), ends.tolist(), strict=True)),
    )


def _contents(plan: Plan, item: Item) -> tuple[ItemKind, list[str], int | None]:
    """Kind of an item, the tensors that lie in it, and the rows of the tensor if it is one."""
    buffer = plan.buffers.get(item.name)
    if buffer is not None:
        return ("ring" if buffer.is_ring else "map"), [buffer.tensor.name], buffer.tensor.height
    for pool in plan.pools:
        if pool.item is item:
            return "pool", list(pool.places), None
    return "columns", [], None
