"""The text of a table of constants, which mcugen/plan/constants.py reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from mcugen.plan.constants import BETWEEN, HEAD

Solved = dict[str, tuple[float, float]]
"""Instructions and cycles of a turn, by the name of the loop."""
FREE = 0.05
"""Instructions of a turn below which a loop counts as free."""


def table_text(core: str, command: str, functions: Mapping[str, Solved], *, modelled: bool) -> str:
    """The text of a core's file. command: that makes it again; functions, modelled: as of `table_rows`."""
    return (
        f"# Instructions{' and modelled cycles' if modelled else ''} of a turn of each loop of the generated code on "
        f"{core}.\n# Made by: python benchmarks/{command}\n{table_rows(functions, modelled=modelled)}"
    )


def table_rows(functions: Mapping[str, Solved], *, modelled: bool) -> str:
    """The table below its comments. functions: loops by kind of function. modelled: whether the core has a cycle
    model."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    for kind, constants in functions.items():
        for loop, (instructions, cycles) in constants.items():
            if instructions >= FREE:
                writer.writerow([kind, loop, f"{instructions:g}", f"{cycles:g}" if modelled else ""])
        free = [loop for loop, (instructions, _) in constants.items() if instructions < FREE]
        if free:
            writer.writerow([kind, BETWEEN.join(free), 0, 0 if modelled else ""])
    return text.getvalue()
