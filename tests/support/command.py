"""Runs the command line inside the test's own process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from mcugen.cli.app import app
from mcugen.schemas.catalog import OUTPUTS
from tests.support.schemas import conform


@dataclass(frozen=True)
class Outcome:
    """code: exit code. stdout, stderr: as printed. schema: of what the command prints with --json."""

    code: int
    stdout: str
    stderr: str
    schema: str

    @property
    def json(self) -> Any:
        """stdout as JSON: fails if anything else was printed there, or if the command's schema has another form."""
        view = json.loads(self.stdout)
        conform(view, self.schema)
        return view

    @property
    def error(self) -> str:
        """The one line on stderr; fails if there are more or none."""
        (line,) = self.stderr.splitlines()
        return line


def mcugen(*arguments: object, columns: int = 100) -> Outcome:
    """The command line with these arguments, on a terminal of so many columns."""
    words = [str(argument) for argument in arguments]
    result = CliRunner().invoke(app, words, env={"COLUMNS": str(columns)})
    names = (name for name in ("-".join(words[:2]), *words[:1]) if name in OUTPUTS)
    return Outcome(result.exit_code, result.stdout, result.stderr, next(names, ""))
