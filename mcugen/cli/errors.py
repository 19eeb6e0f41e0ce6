"""How a command ends: one line on stderr and an exit code, never a traceback."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from mcugen.diagnostics import McugenError
from mcugen.interrupts import exit_code
from mcugen.killed import killed_updates
from mcugen.text import one_line

OK = 0
MISMATCH = 1
BAD_USE = 2
OVER_BUDGET = 3
INTERNAL = 70
NOBODY_READS = 141
"""What shells report of a program whose reader has gone, as in `mcugen analyze ... | head -1`."""


class Command(TyperCommand):
    """A command whose errors are printed as one line. Wrong options were refused before it runs."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Runs the command; every exception becomes a line and an exit code."""
        try:
            undo_killed_updates(ctx.params.values())
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except KeyboardInterrupt as interrupt:
            complain("interrupted")
            raise typer.Exit(exit_code(interrupt)) from None
        except McugenError as error:
            complain(f"error: {one_line(error.message)}", one_line(error.hint))
            raise typer.Exit(error.exit_code) from None
        except OSError as error:
            if error.errno == errno.EPIPE:
                # Whoever read our output has gone, as in `mcugen analyze ... | head`; `mcugen.cli.main` ends quietly.
                raise
            complain(f"error: {describe_os_error(error)}")
            raise typer.Exit(BAD_USE) from None
        except MemoryError as error:
            complain(f"error: not enough memory: {one_line(str(error))}", "fewer or smaller images take less")
            raise typer.Exit(BAD_USE) from None
        except Exception as error:
            if os.environ.get("MCUGEN_DEBUG") == "1":
                traceback.print_exc()
            what = f"{type(error).__name__}: {one_line(str(error))}" if str(error) else type(error).__name__
            complain(f"internal error: {what}", "please report it with the model; MCUGEN_DEBUG=1 shows where")
            raise typer.Exit(INTERNAL) from None


def undo_killed_updates(values: Iterable[object]) -> None:
    """Makes directories whole in which an update was killed, and says so: the working directory, and those of `values`,
    of which paths and names of files count."""
    paths = [Path(value) for value in values if isinstance(value, str | Path)]
    for directory in killed_updates([Path(), *paths, *(path.parent for path in paths)]):
        # Only where there is something to undo does a command pay for this import.
        from mcugen.output.scratch import clear_stale

        if clear_stale(directory):
            complain(f"an update of {one_line(str(directory.resolve()))} was killed half-way; its old files are back")


def complain(message: str, hint: str = "") -> None:
    """One line on stderr."""
    typer.echo(f"mcugen: {message} ({hint})" if hint else f"mcugen: {message}", err=True)


def warn(lines: Iterable[str]) -> None:
    """What is probably wrong, a line each on stderr; where JSON is printed, its `warnings` hold the same."""
    for line in lines:
        complain(f"warning: {one_line(line)}")


def describe_os_error(error: OSError) -> str:
    """FILE: reason, in the words of the operating system."""
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    return one_line(f"{error.filename}: {reason}" if error.filename else reason)
