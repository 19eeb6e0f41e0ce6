"""The option of how many rows a reading of a layer's weights serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mcugen.cli.options import parse_size

if TYPE_CHECKING:
    from mcugen.plan.bands import BandOptions

_AUTO = "auto"

RowsPerPass = Annotated[
    str | None,
    typer.Option(
        "--rows-per-pass",
        metavar="N[:SIZE]",
        help="For slow flash: compute up to N rows of a layer (auto: as many as pay) for each reading of its weights, "
        "in a context of up to SIZE bytes (auto:20K; by default --max-ram where that is given, else no more than "
        "without). The memories of --board say where it pays. --board with --max-ram means auto; 1: never.",
    ),
]


def chosen_bands(text: str | None, board: str | None, max_ram: int | None = None) -> BandOptions | None:
    """What --rows-per-pass says; None for no bands.

    board, max_ram: of the options of these names. Raises McugenError where the text says nothing of that form.
    """
    from mcugen.diagnostics import McugenError
    from mcugen.plan.bands import ANY_ROWS, BandOptions
    from mcugen.targets.boards import find_board

    memory = None if board is None else find_board(board).memory_system
    if text is None:
        text = _AUTO if memory is not None and max_ram is not None else "1"
    count, colon, size = text.partition(":")
    try:
        rows = ANY_ROWS if count == _AUTO else int(count)
        ram = parse_size(size) if colon else max_ram
    except (ValueError, typer.BadParameter):
        rows, ram = 0, None
    if rows < 1:
        raise McugenError(f"--rows-per-pass {text!r} is no number of rows", "such as 3, auto, or auto:20K")
    return None if rows == 1 else BandOptions(min(rows, ANY_ROWS), ram, memory)
