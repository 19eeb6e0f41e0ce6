"""JSON Schemas (draft 2020-12) of the structures."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import cleandoc
from typing import Any

import msgspec

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(title: str, structures: Sequence[type[msgspec.Struct]]) -> dict[str, Any]:
    """The schema of a document that is one of these structures."""
    references, definitions = msgspec.json.schema_components(structures, ref_template="#/$defs/{name}")
    for definition in definitions.values():
        if "description" in definition:
            definition["description"] = cleandoc(definition["description"])
    (root, *others) = references
    if others:
        return {"$schema": _DRAFT, "title": title, "anyOf": list(references), "$defs": definitions}
    whole = definitions.pop(root["$ref"].rpartition("/")[2]) | {"title": title}
    return {"$schema": _DRAFT, **whole, **({"$defs": definitions} if definitions else {})}
