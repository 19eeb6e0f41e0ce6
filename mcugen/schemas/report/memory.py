"""What lies where in the arena, and when."""

from __future__ import annotations

from typing import Annotated, Literal

from mcugen.schemas.costs import MemoryItem
from mcugen.schemas.optimization import StageGroup
from mcugen.schemas.record import Bytes, Count, Names, Record, doc

ItemKind = Literal["ring", "map", "pool", "columns"]
"""Some rows of a tensor, the whole, rows that rings share, a block of columns."""


class FullestMoment(Record, frozen=True):
    """Where most is alive."""

    step: Annotated[Count, doc("of the schedule")]
    stage: Annotated[int, doc("-1 while a row of the image comes in")]
    row: Annotated[Count, doc("that is written")]
    alive_bytes: Bytes
    parts: Annotated[tuple[MemoryItem, ...], doc("largest first")]


class ArenaItem(Record, frozen=True):
    """A run of equal slots."""

    kind: ItemKind
    layers: Annotated[Names, doc("whose outputs lie there")]
    rows: Annotated[Count | None, doc("of the whole tensor; null where it is none")]
    offset: Annotated[Bytes, doc("in the arena")]
    bytes: Bytes
    slot_bytes: Bytes
    slots: Annotated[tuple[tuple[int, int], ...], doc("of each slot the first and the last moment")]


class Memory(Record, frozen=True):
    """The arena by time. Moment 2t is when step t of the schedule reads, 2t + 1 when it writes its row."""

    arena_bytes: Bytes
    ram_bytes: Annotated[Bytes, doc("sizeof the context, with the arena")]
    peak: FullestMoment
    groups: tuple[StageGroup, ...]
    steps: Annotated[tuple[tuple[int, int], ...], doc("stage and row of each, stage -1 for a row of the image")]
    alive_bytes: Annotated[tuple[Bytes, ...], doc("the most that is alive in either moment of each step")]
    items: tuple[ArenaItem, ...]
