"""Schemas of what commands print with --json."""

from __future__ import annotations

from typing import Any

import jsonschema

from mcugen.schemas.catalog import schema_of


def conform(view: Any, name: str) -> None:
    """Fails unless the document is what the schema of that name says."""
    schema = schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(view, schema, cls=jsonschema.Draft202012Validator)
