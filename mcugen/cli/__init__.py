"""The command line: one file a command, each importing what it works with only when it runs."""

from __future__ import annotations

import errno
import os
import sys

from mcugen.interrupts import exit_code, raise_on_signals

__all__ = ["main"]


def main() -> None:
    """Entry point of `mcugen`: runs the command and ends the process with its exit code, never with a traceback.

    Signals end it with 128 and their number, also while the commands are imported.
    """
    try:
        raise_on_signals()
        code = _run()
    except KeyboardInterrupt as interrupt:
        print("mcugen: interrupted", file=sys.stderr)
        code = exit_code(interrupt)
    sys.exit(code)


def _run() -> int:
    from mcugen.cli.app import app
    from mcugen.cli.errors import BAD_USE, NOBODY_READS, complain, describe_os_error

    for stream in (sys.stdout, sys.stderr):
        # Names of files can be other bytes than the terminal's encoding has.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    code = 0
    try:
        cause: KeyboardInterrupt | BrokenPipeError | None = None
        try:
            app(prog_name="mcugen")
        except SystemExit as end:
            # Typer and Rich end with 1, which is a mismatch here, where nobody reads on or a signal came.
            code, cause = end.code if isinstance(end.code, int) else int(bool(end.code)), _cause(end)
        sys.stdout.flush()
        if code != 1 or cause is None:
            return code
        return exit_code(cause) if isinstance(cause, KeyboardInterrupt) else NOBODY_READS
    except OSError as error:
        # What is still to be written must not be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if error.errno == errno.EPIPE:
            return NOBODY_READS
        # Where the table itself met the full device, the command has said so.
        if code != BAD_USE:
            complain(f"error: standard output: {describe_os_error(error)}")
        return BAD_USE


def _cause(error: BaseException) -> KeyboardInterrupt | BrokenPipeError | None:
    """The signal or the closed pipe behind an exit, if there is one."""
    behind: BaseException | None = error
    while behind is not None:
        if isinstance(behind, KeyboardInterrupt | BrokenPipeError):
            return behind
        behind = behind.__cause__ or behind.__context__
    return None
