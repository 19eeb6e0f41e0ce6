"""Structures as text."""

from __future__ import annotations

import json
from typing import Any

import msgspec


def values(structure: Any) -> Any:
    """A structure as values of JSON: dictionaries, lists, strings, numbers, booleans, None."""
    return msgspec.to_builtins(structure)


def to_json(structure: Any) -> str:
    """For people and files: indented, with a line break at the end.

    In ASCII, which msgspec's own encoder has no option for: names of layers and files hold any text, and what they hold
    must not act on a terminal. Raises ValueError where a number is none, which that encoder would write as null.
    """
    return json.dumps(values(structure), indent=2, allow_nan=False) + "\n"


def to_compact_json(structure: Any) -> str:
    """The same on one line, without spaces between values."""
    return json.dumps(values(structure), allow_nan=False, separators=(",", ":"))
