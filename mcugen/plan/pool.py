"""Rings that share their slots.

A ring has slots for the most rows that its tensor ever needs at once, but neighbouring rings are rarely full at the
same moment: what one stage has consumed another can fill. Rings of rows of about the same size therefore take their
slots from one pool. Which slot a row gets is decided here, from the moments at which rows are written and read for the
last time, and a table in the generated code says it.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcugen.plan.memory import ALIGNMENT, Item

# Rows at least this large, relative to the largest of a pool, join it.
_SMALLEST = 0.75
_LARGEST_POOL = 255


@dataclass(frozen=True, eq=False)
class Ring:
    """A tensor of which only some rows exist at once. slots: most rows at once. births, deaths: int arrays [rows], when
    a row is written and when it is read for the last time."""

    name: str
    row_bytes: int
    slots: int
    births: np.ndarray
    deaths: np.ndarray


@dataclass(frozen=True, eq=False)
class Pool:
    """item: its slots in the arena. places: the slot of every row, by the name of the ring."""

    item: Item
    places: Mapping[str, tuple[int, ...]]


def make_pools(rings: Sequence[Ring]) -> list[Pool]:
    """Pools of rings that live in one group; rings that gain nothing are in none of them."""
    pools = []
    left = sorted(rings, key=lambda ring: (-ring.row_bytes, ring.name))
    while left:
        largest = left[0].row_bytes
        members = [ring for ring in left if ring.row_bytes >= _SMALLEST * largest]
        left = left[len(members) :]
        pool = _pool(members, -(-largest // ALIGNMENT) * ALIGNMENT)
        apart = sum(ring.slots * ring.row_bytes for ring in members)
        if pool.item.size < apart and len(pool.item.births) <= _LARGEST_POOL:
            pools.append(pool)
    return pools


def _pool(rings: Sequence[Ring], slot_bytes: int) -> Pool:
    """Each row, in the order in which they are written, gets the lowest slot that is free: no order needs fewer
    slots."""
    rows = sorted(
        (int(birth), int(death), ring.name, y)
        for ring in rings
        for y, (birth, death) in enumerate(zip(ring.births, ring.deaths, strict=True))
    )
    places = {ring.name: [0] * len(ring.births) for ring in rings}
    first: list[int] = []
    last: list[int] = []
    free: list[int] = []
    taken: list[tuple[int, int]] = []
    for birth, death, name, y in rows:
        while taken and taken[0][0] < birth:
            heapq.heappush(free, heapq.heappop(taken)[1])
        if free:
            slot = heapq.heappop(free)
            last[slot] = max(last[slot], death)
        else:
            slot = len(first)
            first.append(birth)
            last.append(death)
        heapq.heappush(taken, (death, slot))
        places[name][y] = slot
    name = "rows of " + ", ".join(ring.name for ring in rings)
    item = Item(name, slot_bytes, np.array(first), np.array(last))
    return Pool(item, {ring: tuple(slots) for ring, slots in places.items()})
