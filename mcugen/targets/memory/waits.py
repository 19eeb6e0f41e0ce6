"""For how long a core stands still for its memories, and for what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Waits:
    """Cycles by cause. code: instructions, and the constants among them. weights, tables: constants in flash; a table
    that holds weights counts as weights. rows: RAM behind a cache."""

    code: int = 0
    weights: int = 0
    tables: int = 0
    rows: int = 0

    @property
    def cycles(self) -> int:
        """All of them."""
        return self.code + self.weights + self.tables + self.rows

    def __add__(self, other: Waits) -> Waits:
        """The sums."""
        return Waits(
            self.code + other.code,
            self.weights + other.weights,
            self.tables + other.tables,
            self.rows + other.rows,
        )
