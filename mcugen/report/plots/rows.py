"""What plots of one row a layer share: sizes, and names shortened to the room that there is."""

from __future__ import annotations

import re
from collections.abc import Sequence

WIDTH = 960.0
ROW = 22.0
TOP = 8.0
BOTTOM = 44.0
LABELS = 258.0
HEADINGS = 22.0
"""Room for a line of headings above the rows."""
_CHARACTERS = 32


def height(rows: int, above: float = 0.0) -> float:
    """Of a plot with so many rows and an axis below. above: room for headings."""
    return TOP + above + ROW * rows + BOTTOM


def row_top(number: int, above: float = 0.0) -> float:
    """Upper edge of a row."""
    return TOP + above + ROW * number


def short(name: str, characters: int = _CHARACTERS) -> str:
    """The name, or its end where it is longer than there is room for, from the begin of a word if that leaves half of
    it: what tells layers apart is the end."""
    if len(name) <= characters:
        return name
    end = name[len(name) - characters + 1 :]
    word = re.search(r"[./_+ ]+(?=\w)", end[: characters // 2])
    return f"…{end[word.end() :] if word else end}"


def begin(name: str, characters: int) -> str:
    """The name, or its begin where it is longer than there is room for, as people's own words are read."""
    return name if len(name) <= characters else f"{name[: characters - 1].rstrip()}…"


def stage_name(layers: Sequence[str], characters: int = _CHARACTERS) -> str:
    """The names of a stage's layers as one: whole if there is room, else what they share said once.

    features.block1.depthwise.conv and features.block1.pointwise.conv are "block1: depthwise + pointwise".
    """
    whole = " + ".join(layers)
    if len(whole) <= characters:
        return whole
    parts = [re.split(r"[./]", name) for name in layers]
    shared = 0
    while all(len(path) > shared + 1 and path[shared] == parts[0][shared] for path in parts):
        shared += 1
    own = [path[shared:] for path in parts]
    while all(len(path) > 1 and path[-1] == own[0][-1] for path in own):
        own = [path[:-1] for path in own]
    if len(layers) > 1 and shared:
        return short(f"{parts[0][shared - 1]}: {' + '.join('.'.join(path) for path in own)}", characters)
    return short(whole, characters)
