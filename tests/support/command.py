"""Runs the command line inside the test's own process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from mcugen.cli.app import app


@dataclass(frozen=True)
class Outcome:
    """code: exit code. stdout, stderr: as printed."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """stdout as JSON: fails if anything else was printed there."""
        return json.loads(self.stdout)

    @property
    def error(self) -> str:
        """The one line on stderr; fails if there are more or none."""
        (line,) = self.stderr.splitlines()
        return line


def mcugen(*arguments: object, columns: int = 100) -> Outcome:
    """The command line with these arguments, on a terminal of so many columns."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": str(columns)})
    return Outcome(result.exit_code, result.stdout, result.stderr)
