"""The proof that no two rows that live at the same time share a byte, worked out again from the finished plan.

Nothing of how the plan was made is used: lifetimes follow from the steps of the schedule, and places from the buffers,
exactly as the generated code will use them. Moment 2t is when step t reads its rows, 2t + 1 when it writes its row.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcugen.plan.schedule import FEED

if TYPE_CHECKING:
    from mcugen.plan.buffer import Buffer
    from mcugen.plan.plan import Plan


class OverlapError(Exception):
    """A plan in which something is overwritten before it was read for the last time: a fault of the planner."""


@dataclass(frozen=True)
class Living:
    """Bytes begin up to, not including, end of the arena, needed from moment birth to moment death, both included."""

    what: str
    begin: int
    end: int
    birth: int
    death: int


def prove_no_overlap(plan: Plan) -> None:
    """Raises OverlapError, naming two rows or blocks of columns, where the plan lays one over the other."""
    living = [*_rows(plan), *_columns(plan)]
    for each in living:
        if not 0 <= each.begin <= each.end <= plan.arena_bytes:
            raise OverlapError(f"{each.what} lies outside the arena of {plan.arena_bytes} bytes")
    prove_apart(living)


def prove_apart(living: Iterable[Living]) -> None:
    """Raises OverlapError for two that share a byte and a moment.

    A sweep over time that keeps those alive in the order of their addresses: they are apart, so whatever begins to live
    can only overlap its neighbours.
    """
    alive: list[tuple[int, int, str]] = []
    ends: list[tuple[int, tuple[int, int, str]]] = []
    for each in sorted(living, key=lambda one: (one.birth, one.begin)):
        if each.begin == each.end:
            continue
        while ends and ends[0][0] < each.birth:
            gone = heapq.heappop(ends)[1]
            del alive[bisect_left(alive, gone)]
        entry = (each.begin, each.end, each.what)
        place = bisect_left(alive, entry)
        for other in alive[max(place - 1, 0) : place + 1]:
            if other[0] < each.end and each.begin < other[1]:
                raise OverlapError(f"{each.what} lies over {other[2]} while both are needed")
        insort(alive, entry)
        heapq.heappush(ends, (each.death, entry))


def _rows(plan: Plan) -> Iterator[Living]:
    births: dict[tuple[str, int], int] = {}
    deaths: dict[tuple[str, int], int] = {}
    for time, step in enumerate(plan.schedule.steps):
        if step.stage == FEED:
            births[plan.graph.input, step.row] = 2 * time + 1
            continue
        planned = plan.stages[step.stage]
        # Where all columns of a row are made before any of its outputs, the inputs are needed no longer by then.
        complete = planned.columns_bytes > 0 and (planned.kernel is None or planned.kernel.fills == 1)
        for tensor, (first, last) in zip(planned.stage.inputs, planned.stage.rows_read(step.row), strict=True):
            for row in range(first, last + 1):
                if (tensor.name, row) not in births:
                    raise OverlapError(f"row {row} of {tensor.name} is read by stage {step.stage} before it exists")
                deaths[tensor.name, row] = 2 * time + (0 if complete else 1)
        births[planned.stage.output.name, step.row] = 2 * time + 1
    forever = 2 * len(plan.schedule.steps)
    for (name, row), birth in births.items():
        begin, end = _place(plan.buffers[name], row)
        whole = name == plan.graph.output and not plan.graph.by_rows
        death = forever if whole else max(birth, deaths.get((name, row), birth))
        yield Living(f"row {row} of {name}", begin, end, birth, death)


def _place(buffer: Buffer, row: int) -> tuple[int, int]:
    """(first byte, one past the last) of a row in the arena."""
    slot = buffer.places[row] if buffer.places is not None else row % buffer.slots
    values = buffer.tensor.width * buffer.tensor.channels
    if not (0 <= slot < buffer.slots and values <= buffer.row_bytes):
        raise OverlapError(f"row {row} of {buffer.tensor.name} does not fit slot {slot} of {buffer.slots}")
    begin = buffer.offset + slot * buffer.row_bytes
    return begin, begin + values


def _columns(plan: Plan) -> Iterator[Living]:
    """Blocks of columns: of a step, or for 16-bit columns, whose low bytes are cleared once, from their group's begin
    to its last step that uses them."""
    group_of = [g for g, (first, last) in enumerate(plan.schedule.groups) for _ in range(first, last + 1)]
    begins: dict[int, int] = {} if plan.resident else {0: 0}
    ends: dict[int, int] = {}
    for time, step in enumerate(plan.schedule.steps):
        if step.stage == FEED:
            continue
        planned, group = plan.stages[step.stage], group_of[step.stage]
        begins.setdefault(group, 2 * time)
        if not planned.columns_bytes:
            continue
        if planned.kernel is not None and planned.kernel.clears_columns:
            ends[group] = 2 * time + 1
            continue
        what = f"columns of stage {step.stage}, row {step.row}"
        begin = planned.columns_offset
        yield Living(what, begin, begin + planned.columns_bytes, 2 * time, 2 * time + 1)
    for group, end in ends.items():
        cleared = plan.cleared_columns(group)
        assert cleared is not None
        yield Living(f"16-bit columns of group {group}", cleared[0], cleared[0] + cleared[1], begins[group], end)
