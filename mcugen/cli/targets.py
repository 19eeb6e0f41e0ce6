"""mcugen targets: the cores that code is generated for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcugen.cli.console import emit, output_console
from mcugen.cli.options import Json, Report

if TYPE_CHECKING:
    from mcugen.schemas.targets import TargetEntry


def targets(as_json: Json = False, report: Report = None) -> None:
    """List the targets: cores that code is generated for, and what mcugen can say of each without a board.

    Example: mcugen targets
    """
    from mcugen.schemas.targets import TargetEntry, TargetsOutput
    from mcugen.targets import TARGETS
    from mcugen.targets.boards import BOARDS

    record = TargetsOutput(
        tuple(
            TargetEntry(
                name=target.name,
                description=target.description,
                compiler=f"{target.compiler}gcc" if target.compiler else "",
                compiler_flags=(*target.compiler_flags, target.optimization),
                emulated=bool(target.machine),
                predicted=bool(target.costs),
                stand_in=target.stand_in,
                boards=tuple(board.name for board in BOARDS if board.target == target.name),
            )
            for target in TARGETS
        )
    )
    emit(record, lambda: _show(record.targets), as_json=as_json, file=report)


def _show(entries: Sequence[TargetEntry]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("target", no_wrap=True)
    for heading in ("for", "emulated", "predicted", "boards"):
        table.add_column(heading, justify="right" if heading == "boards" else "left")
    for entry in entries:
        known = ("yes" if fact else "" for fact in (entry.emulated, entry.predicted))
        table.add_row(entry.name, entry.description, *known, str(len(entry.boards) or ""))
    console = output_console()
    console.print(table)
    console.print(
        "emulated: validate --on qemu; predicted: analyze knows instructions; host is another name of generic"
    )
