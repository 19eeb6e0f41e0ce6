"""The static memory plan: byte offsets for items whose parts live at different times.

An item is a run of equal slots, each with a lifetime of its own, so that one map may be laid over the rows of another
that were already consumed. Items are placed largest first at the lowest offset where no two slots that live at the same
time overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ALIGNMENT = 4


@dataclass(frozen=True, eq=False)
class Item:
    """count slots of slot_bytes each; births and deaths are int arrays [count], the first and last moment of each."""

    name: str
    slot_bytes: int
    births: np.ndarray
    deaths: np.ndarray

    @property
    def size(self) -> int:
        """Bytes of all slots."""
        return self.slot_bytes * len(self.births)


@dataclass(frozen=True)
class Placement:
    """offsets: by item name. size: bytes of the whole arena."""

    offsets: dict[str, int]
    size: int


def peak_bytes(items: Sequence[Item]) -> int:
    """The most bytes that live at one moment: no placement can be smaller."""
    moments = np.concatenate([np.concatenate([item.births, item.deaths + 1]) for item in items])
    changes = np.concatenate([np.repeat([item.slot_bytes, -item.slot_bytes], len(item.births)) for item in items])
    order = np.lexsort((changes, moments))
    return int(np.cumsum(changes[order]).max())


def place(items: Sequence[Item]) -> Placement:
    """Offsets, multiples of ALIGNMENT, at which no two living slots overlap."""
    order = sorted(items, key=lambda item: (-item.size, item.name))
    placed: list[tuple[Item, int]] = []
    size = 0
    begins = np.array([item.births.min() for item in order])
    ends = np.array([item.deaths.max() for item in order])
    for index, item in enumerate(order):
        # Only items that live at some moment together can be in each other's way.
        together = np.flatnonzero((begins[:index] <= ends[index]) & (begins[index] <= ends[:index]))
        offset = _lowest_free(item, [placed[other] for other in together])
        placed.append((item, offset))
        size = max(size, offset + item.size)
    size = -(-size // ALIGNMENT) * ALIGNMENT
    return Placement({item.name: offset for item, offset in placed}, size)


def _lowest_free(item: Item, placed: Sequence[tuple[Item, int]]) -> int:
    """The lowest aligned offset outside all intervals that the placed items forbid."""
    forbidden = [_forbidden(item, other, offset) for other, offset in placed]
    spans = np.concatenate([*forbidden, np.empty((0, 2), np.int64)])
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    offset = 0
    for low, high in spans.tolist():
        if low < offset < high:
            offset = -(-high // ALIGNMENT) * ALIGNMENT
    return offset


def _forbidden(item: Item, other: Item, other_offset: int) -> np.ndarray:
    """Open intervals (low, high) of offsets of `item` at which it overlaps `other`: int64 [n, 2]."""
    together = (item.births[:, None] <= other.deaths[None, :]) & (other.births[None, :] <= item.deaths[:, None])
    i, j = np.nonzero(together)
    if len(i) == 0:
        return np.empty((0, 2), np.int64)
    start = other_offset + j * other.slot_bytes - i * item.slot_bytes
    # Many pairs of rows forbid the same interval.
    start = np.unique(start)
    return np.stack([start - item.slot_bytes, start + other.slot_bytes], axis=1)
