"""mcugen boards: the boards that mcugen knows, with what a program can have on each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcugen.cli.console import emit, output_console, thousands
from mcugen.cli.options import Json, Report

if TYPE_CHECKING:
    from mcugen.schemas.boards import BoardEntry
    from mcugen.targets.boards import Board


_NUMBERS = (("clock_hz", 1_000_000), ("board_flash_bytes", 1 << 10), ("board_ram_bytes", 1 << 10))


def boards(as_json: Json = False, report: Report = None) -> None:
    """List the boards: core, flash and RAM of a program, clock, and the target that code is generated for.

    Example: mcugen boards

    Example: mcugen boards --json
    """
    from mcugen.schemas.boards import BoardsOutput
    from mcugen.targets.boards import BOARDS

    record = BoardsOutput(tuple(map(_entry, BOARDS)))
    emit(record, lambda: _show(record.boards), as_json=as_json, file=report)


def _entry(board: Board) -> BoardEntry:
    from mcugen.schemas.boards import BoardEntry

    # No limit and no clock of its own (the host, an emulated machine) are null in JSON.
    return BoardEntry(
        name=board.name,
        title=board.title,
        mcu=board.mcu,
        core=board.core,
        target=board.target,
        board_flash_bytes=board.flash_bytes or None,
        board_ram_bytes=board.ram_bytes or None,
        clock_hz=board.clock_hz or None,
        platform=board.platform,
        framework=board.framework,
        flash_source=board.flash_source,
        ram_source=board.ram_source,
        emulator=board.emulator,
        physical=board.is_physical,
    )


def _show(entries: Sequence[BoardEntry]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("board", "core"):
        table.add_column(heading, no_wrap=True)
    for heading in ("MHz", "flash KiB", "RAM KiB"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("target", no_wrap=True)
    for entry in entries:
        numbers = (_in_units(getattr(entry, key), unit) for key, unit in _NUMBERS)
        table.add_row(entry.name, entry.core, *numbers, entry.target)
    console = output_console()
    console.print(table)
    console.print("flash, RAM: what one program can have; --json says where each figure comes from")


def _in_units(value: int | None, unit: int) -> str:
    return thousands(value // unit) if value else ""
