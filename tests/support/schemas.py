"""Schemas of what commands print with --json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

import mcugen as package

SCHEMAS = Path(package.__file__).parent / "schemas"


def conform(view: Any, name: str) -> None:
    """Fails unless the document is what the schema of that name says."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(view, schema, cls=jsonschema.Draft202012Validator)
