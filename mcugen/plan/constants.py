"""The constants of predictions: one table a core, `tables/CORE.csv`, which benchmarks/fit_costs.py makes.

A row is a loop of a kind of function: its name, instructions of one turn, modelled cycles of one turn (empty for a core
without a model of its timing). Loops that were measured and cost nothing stand together in one row, with a semicolon
between them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

Constants = Mapping[str, tuple[float, float]]
"""Instructions and cycles of a turn, by the name of the loop."""

FOLDER = Path(__file__).with_name("tables")
CAMERA_FOLDER = FOLDER / "camera"
"""The same of the camera path, which benchmarks/fit_camera.py makes."""
HEAD = ("function", "loop", "instructions", "cycles")
BETWEEN = "; "
ANY = "any function"
"""The kind whose constants stand for loops that are much the same work in every function, where one was not measured
with them."""


@dataclass(frozen=True)
class Table:
    """functions: constants by kind of function, as the file has them. cycles: whether the core's timing is modelled."""

    functions: Mapping[str, Constants]
    cycles: bool

    @cached_property
    def complete(self) -> Mapping[str, Constants]:
        """Constants by kind of function, those of any function among them where a kind has none of its own."""
        anywhere = self.functions.get(ANY, {})
        return {kind: {**anywhere, **own} for kind, own in self.functions.items() if kind != ANY}


@cache
def table_of(core: str, folder: Path = FOLDER) -> Table | None:
    """What was measured on a core, None for one that was not. folder: that of the tables."""
    path = folder / f"{core}.csv"
    return read_table(path.read_text()) if core and path.exists() else None


def read_table(text: str) -> Table:
    """The table in a file's text; lines that begin with # are comments."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    functions: dict[str, dict[str, tuple[float, float]]] = {}
    cycles = False
    for row in csv.DictReader(lines):
        cycles |= bool(row["cycles"])
        for loop in row["loop"].split(BETWEEN):
            cost = float(row["instructions"]), float(row["cycles"] or 0)
            functions.setdefault(row["function"], {})[loop] = cost
    return Table(functions, cycles)
