"""Names of what passes and front ends add to a graph."""

from __future__ import annotations

from collections.abc import Collection


def unused_name(name: str, taken: Collection[str]) -> str:
    """The name, with as many underscores behind it as it needs to be none of those taken."""
    while name in taken:
        name += "_"
    return name
