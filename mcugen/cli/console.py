"""What commands print: tables for people, JSON for programs, progress on terminals."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from mcugen.schemas.record import Record


_NO_TERMINAL = 10_000


def emit(report: Record, show: Callable[[], None], *, as_json: bool, file: Path | None) -> None:
    """Prints the report as JSON or by `show`, and writes it to `file` where one is given."""
    from mcugen.schemas.encode import to_json

    text = to_json(report)
    if file is not None:
        from mcugen.output import write_file

        write_file(file, text)
    if as_json:
        typer.echo(text, nl=False)
    else:
        show()


def output_console() -> Console:
    """Rich's console on stdout: as wide as the terminal or as COLUMNS says, and else, in a pipe or a file, as wide as
    what is printed, so that `| grep` finds whole lines."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _NO_TERMINAL
    return Console(highlight=False, width=width)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A function (what, done, total) that shows progress on stderr where that is a terminal, and else does nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from mcugen.text import terminal_text

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda what, done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda what, done, total: progress.update(
            task, description=terminal_text(what), completed=done, total=total
        )


def thousands(value: int) -> str:
    """12345 as 12,345."""
    return f"{value:,}"


def counted(count: int, noun: str) -> str:
    """1 epoch, 2 epochs, 1,000 epochs; of nouns whose plural is an s."""
    return f"{thousands(count)} {noun}" if count == 1 else f"{thousands(count)} {noun}s"


def ending(text: str, width: int) -> str:
    """The text, or as much of its end as fits into the width, at least 8 characters, behind an ellipsis."""
    width = max(width, 8)
    return text if len(text) <= width else f"…{text[1 - width :]}"


def shape_text(shape: tuple[int, ...]) -> str:
    """(24, 24, 32) as 24x24x32."""
    return "x".join(map(str, shape))
