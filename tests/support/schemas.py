"""Schemas of what commands print with --json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

import mcugen as package
from mcugen.schemas.catalog import OUTPUTS, schema_of

_WRITTEN = {path.stem: path for path in (Path(package.__file__).parent / "schemas").glob("*.json")}
SCHEMAS = {*OUTPUTS, *_WRITTEN}


def conform(view: Any, name: str) -> None:
    """Fails unless the document is what the schema of that name says."""
    schema = schema_of(name) if name in OUTPUTS else json.loads(_WRITTEN[name].read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(view, schema, cls=jsonschema.Draft202012Validator)
