"""The memory timeline: across, rows in the order in which they are produced; up, bytes of the arena."""

from __future__ import annotations

from typing import Any

from mcugen.report.plots.axis import Axis
from mcugen.report.plots.rows import WIDTH, short
from mcugen.schemas.report.document import ReportOutput
from mcugen.schemas.report.memory import ArenaItem, FullestMoment, Memory

_LEFT, _RIGHT = 64.0, WIDTH - 8.0
_TOP, _BOTTOM = 50.0, 410.0
_CHARACTER = 6.9
_LINE = 12.0
_SHORTEST = 8


def timeline(document: ReportOutput) -> dict[str, Any]:
    """Rectangles of every slot, labels where there is room, the groups above, the fullest moment."""
    memory = document.memory
    steps = len(memory.steps)
    x = Axis(0, steps, _LEFT, _RIGHT)
    y = Axis(0, memory.arena_bytes, _BOTTOM, _TOP)
    return {
        "width": WIDTH,
        "height": _BOTTOM + 46,
        "left": _LEFT,
        "right": _RIGHT,
        "top": _TOP,
        "bottom": _BOTTOM,
        "x_ticks": x.ticks(8),
        "y_ticks": y.ticks(6, lambda value: f"{value:,.0f}"),
        "blocks": [_item(item, x, y, number) for number, item in enumerate(memory.items)],
        "groups": _groups(memory, x),
        "peak": _peak(memory.peak, x),
    }


def item_name(item: ArenaItem) -> str:
    """What lies there, for people."""
    if item.kind == "columns":
        return "columns"
    names = ", ".join(item.layers)
    if item.kind == "pool":
        return f"{len(item.slots)} rows for {names}"
    if item.kind == "ring":
        return f"{names}, {len(item.slots)} of {item.rows} rows"
    return names


def _item(item: ArenaItem, x: Axis, y: Axis, number: int) -> dict[str, Any]:
    rectangles = []
    for slot, (birth, death) in enumerate(item.slots):
        low = item.offset + slot * item.slot_bytes
        left, right = x.at(birth / 2), x.at((death + 1) / 2)
        top, bottom = y.at(low + item.slot_bytes), y.at(low)
        rectangles.append(
            {"x": left, "y": top, "width": round(right - left, 2), "height": round(max(bottom - top, 0.4), 2)}
        )
    name = item_name(item)
    return {
        "kind": item.kind,
        "alternate": number % 2,
        "title": f"{name}: {item.bytes:,} bytes at {item.offset:,}",
        "rectangles": rectangles,
        "label": _label(
            name if item.kind != "pool" else f"{len(item.slots)} rows for {len(item.layers)} layers",
            rectangles,
        ),
    }


def _peak(peak: FullestMoment, x: Axis) -> dict[str, Any]:
    """The line of the fullest moment, and what it says, on the side where there is room."""
    position = x.at(peak.step + 0.5)
    text = f"fullest: {peak.alive_bytes:,} bytes"
    left = position + len(text) * _CHARACTER > _RIGHT
    return {"x": position, "text": text, "text_x": position + (-5 if left else 5), "left": left}


def _label(name: str, rectangles: list[dict[str, float]]) -> dict[str, Any] | None:
    """Where the name fits: into the area that all slots cover at the same time, else into one slot."""
    shared = _text_at(name, rectangles)
    if shared is not None:
        return shared
    fitting = [place for rectangle in rectangles if (place := _text_at(name, [rectangle])) is not None]
    return max(fitting, key=lambda place: len(place["text"]), default=None)


def _text_at(name: str, rectangles: list[dict[str, float]]) -> dict[str, Any] | None:
    """Where the name stands in what the rectangles cover together; None if that is too small."""
    left = max(r["x"] for r in rectangles)
    right = min(r["x"] + r["width"] for r in rectangles)
    top = min(r["y"] for r in rectangles)
    bottom = max(r["y"] + r["height"] for r in rectangles)
    room = int((right - left - 8) / _CHARACTER)
    if bottom - top < _LINE or room < min(_SHORTEST, len(name)):
        return None
    return {"x": round(left + 4, 2), "y": round((top + bottom) / 2 + 3.5, 2), "text": short(name, room)}


def _groups(memory: Memory, x: Axis) -> list[dict[str, Any]]:
    """Spans of the groups of stages, above the plot."""
    spans = []
    steps = memory.steps
    begin = 0
    for number, group in enumerate(memory.groups):
        first, last = group.first_stage, group.last_stage
        own = [time for time, (stage, _) in enumerate(steps) if first <= stage <= last]
        end = own[-1] + 1
        text = f"{first}" if first == last else f"stages {first}–{last} together"
        title = f"stage {first}" if first == last else text
        if number == 0:
            text = f"{text}, while rows come in"
        left, right = x.at(begin), x.at(end)
        fits = right - left > len(text) * _CHARACTER + 4
        spans.append({"x": left, "width": round(right - left, 2), "text": text if fits else "", "title": title})
        begin = end
    return spans
