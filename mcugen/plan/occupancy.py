"""Where the arena is fullest: what a budget of RAM is bound by."""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.plan.plan import Plan, _items
from mcugen.plan.schedule import FEED


@dataclass(frozen=True)
class Peak:
    """The moment at which most bytes of the arena are alive.

    stage: that runs then, None while a row of the image comes in. row: that it writes. bytes: alive then, all of them.
    items: what they are (tensors by name, columns of a group) and the bytes of each, largest first.
    """

    stage: int | None
    row: int
    bytes: int
    items: tuple[tuple[str, int], ...]


def arena_peak(plan: Plan) -> Peak:
    """The first moment of the schedule at which the most bytes are alive."""
    stages = [planned.stage for planned in plan.stages]
    items = _items(plan.graph, stages, plan.schedule, [planned.producer for planned in plan.stages])
    best: tuple[int, int, list[tuple[str, int]]] = (-1, 0, [])
    for moment in range(2 * len(plan.schedule.steps)):
        alive = [
            (item.name, int(((item.births <= moment) & (item.deaths >= moment)).sum()) * item.slot_bytes)
            for item in items
        ]
        total = sum(size for _, size in alive)
        if total > best[0]:
            best = (total, moment, [entry for entry in alive if entry[1]])
    total, moment, parts = best
    step = plan.schedule.steps[moment // 2]
    largest_first = tuple(sorted(parts, key=lambda part: (-part[1], part[0])))
    return Peak(None if step.stage == FEED else step.stage, step.row, total, largest_first)
