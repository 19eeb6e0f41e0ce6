"""Budgets on the command line: their options, and what is said and returned where they are exceeded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mcugen.cli.errors import OVER_BUDGET, complain
from mcugen.cli.options import parse_count, parse_size

if TYPE_CHECKING:
    from mcugen.targets.boards import Board

MaxRam = Annotated[
    int | None,
    typer.Option("--max-ram", metavar="SIZE", parser=parse_size, help="Exit with 3 if the context needs more (64K)."),
]
MaxFlash = Annotated[
    int | None,
    typer.Option("--max-flash", metavar="SIZE", parser=parse_size, help="Exit with 3 if more flash is needed (256K)."),
]
MaxCycles = Annotated[
    int | None,
    typer.Option(
        "--max-cycles",
        metavar="COUNT",
        parser=parse_count,
        help="Exit with 3 if an inference takes more modelled cycles (12M).",
    ),
]
MaxMs = Annotated[
    float | None,
    typer.Option(
        "--max-ms",
        min=1e-6,
        metavar="MS",
        help="Exit with 3 if an inference takes longer on --board, with the wait states of its memories, predicted.",
    ),
]


def board_with_clock(name: str | None) -> Board | None:
    """The board that --board names, if any."""
    from mcugen.targets.boards import find_board

    return None if name is None else find_board(name)


def end_over_budget(over: Sequence[str]) -> None:
    """One line on stderr for each exceeded budget, and exit code 3 if there are any."""
    for line in over:
        complain(f"over budget: {line}")
    if over:
        raise typer.Exit(OVER_BUDGET)
