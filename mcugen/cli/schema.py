"""mcugen schema: what the JSON of a command looks like."""

from __future__ import annotations

from typing import Annotated

import typer


def schema(
    command: Annotated[
        list[str], typer.Argument(metavar="COMMAND", help="The command, as in `analyze` or `nets cost`; or `manifest`.")
    ],
) -> None:
    """Print the JSON Schema (draft 2020-12) of what a command prints with --json, or of a library's manifest NAME.json.

    It says of every key its type, its unit and what null means.

    Example: mcugen schema analyze > analyze.schema.json

    Example: mcugen schema nets cost
    """
    import json

    from mcugen.diagnostics import McugenError
    from mcugen.schemas.catalog import SCHEMAS, schema_of

    name = "-".join(command)
    if name not in SCHEMAS:
        known = ", ".join(known.replace("-", " ") for known in SCHEMAS)
        raise McugenError(f"{' '.join(command)!r} has no schema", f"these have: {known}")
    typer.echo(json.dumps(schema_of(name), indent=2))
