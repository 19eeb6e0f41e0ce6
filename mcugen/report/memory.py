"""What lies where in the arena, and when."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcugen.analysis import Analysis
from mcugen.compiler import Compiled
from mcugen.plan.memory import Item
from mcugen.plan.occupancy import alive_bytes
from mcugen.plan.plan import Plan


def memory_view(compiled: Compiled, costs: Analysis) -> dict[str, Any]:
    """The arena by time. Moment 2t is when step t of the schedule reads, 2t + 1 when it writes its row.

    steps: [stage, row] of each, stage -1 for a row of the image that comes in. alive_bytes: the most that is alive in
    either moment of a step. items: runs of equal slots, each slot with its first and last moment.
    """
    plan = compiled.plan
    moments = 2 * len(plan.schedule.steps)
    alive = np.sum(list(alive_bytes(plan).values()), axis=0)
    peak = costs.peak
    return {
        "arena_bytes": plan.arena_bytes,
        "context_bytes": costs.ram_bytes,
        "peak": {
            "step": int(alive.argmax()) // 2,
            "stage": -1 if peak.stage is None else peak.stage,
            "row": peak.row,
            "bytes": peak.bytes,
            "parts": [{"name": name, "bytes": size} for name, size in costs.peak_parts],
        },
        "groups": [{"first_stage": first, "last_stage": last} for first, last in plan.schedule.groups],
        "steps": [[step.stage, step.row] for step in plan.schedule.steps],
        "alive_bytes": alive.reshape(-1, 2).max(axis=1).tolist(),
        "items": [_item(plan, costs, item, offset, moments) for item, offset in plan.items],
    }


def _item(plan: Plan, costs: Analysis, item: Item, offset: int, moments: int) -> dict[str, Any]:
    kind, names, rows = _contents(plan, item)
    ends = item.deaths.clip(max=moments - 1)
    return {
        "kind": kind,
        "layers": [costs.tensor_layers[name] for name in names],
        "rows": rows,
        "offset": offset,
        "bytes": item.size,
        "slot_bytes": item.slot_bytes,
        "slots": [list(span) for span in zip(item.births.tolist(), ends.tolist(), strict=True)],
    }


def _contents(plan: Plan, item: Item) -> tuple[str, list[str], int | None]:
    """Kind of an item, the tensors that lie in it, and the rows of the tensor if it is one."""
    buffer = plan.buffers.get(item.name)
    if buffer is not None:
        return ("ring" if buffer.is_ring else "map"), [buffer.tensor.name], buffer.tensor.height
    for pool in plan.pools:
        if pool.item is item:
            return "pool", list(pool.places), None
    return "columns", [], None
