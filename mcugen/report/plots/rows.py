"""What plots of one row a layer share: sizes, and names cut to the room that there is."""

from __future__ import annotations

WIDTH = 960.0
ROW = 22.0
TOP = 8.0
BOTTOM = 44.0
LABELS = 232.0
_CHARACTERS = 32


def height(rows: int) -> float:
    """Of a plot with so many rows and an axis below."""
    return TOP + ROW * rows + BOTTOM


def row_top(number: int) -> float:
    """Upper edge of a row."""
    return TOP + ROW * number


def short(name: str, characters: int = _CHARACTERS) -> str:
    """The name, or its begin and end where it is longer than there is room for: what tells layers apart is the end."""
    if len(name) <= characters:
        return name
    head = (characters - 1) // 3
    return f"{name[:head]}…{name[len(name) - (characters - 1 - head) :]}"
