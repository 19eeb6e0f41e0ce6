"""Cost by stage: a bar of its layers' instructions, with the floor marked."""

from __future__ import annotations

from typing import Any

from mcugen.report.plots.axis import Axis
from mcugen.report.plots.rows import LABELS, ROW, WIDTH, height, row_top, stage_name

_RIGHT = WIDTH - 86.0
_CHARACTERS = 29


def stage_costs(document: dict[str, Any]) -> dict[str, Any]:
    """Bars in instructions, or in multiply-accumulates where instructions are not known for the target."""
    stages = document["stages"]
    timed = document["summary"]["instructions"] is not None
    layers = {layer["name"]: layer for layer in document["layers"]}
    key = "instructions" if timed else "macs"
    largest = max(max(stage[key] for stage in stages), max(stage["floor_instructions"] for stage in stages) * timed, 1)
    x = Axis(0, largest, LABELS, _RIGHT)
    rows = []
    for number, stage in enumerate(stages):
        parts = _parts(stage, layers, key if timed else "live_macs")
        left = x.start
        bars = []
        for kind, value, name in parts:
            bars.append({"x": left, "width": x.length(value), "kind": kind, "title": f"{name}: {value:,.0f}"})
            left = round(left + x.length(value), 2)
        rows.append(
            {
                "y": row_top(number),
                "label": stage_name(stage["layers"], _CHARACTERS),
                "title": " + ".join(stage["layers"]),
                "index": stage["index"],
                "bars": bars,
                "floor": x.at(stage["floor_instructions"]) if timed else None,
                "floor_title": f"floor: {stage['floor_instructions']:,}",
                "value": f"{stage[key]:,}",
                "value_x": round(max(left, x.at(stage["floor_instructions"]) if timed else 0) + 6, 2),
            }
        )
    return {
        "width": WIDTH,
        "height": height(len(rows)),
        "row": ROW,
        "left": LABELS,
        "right": _RIGHT,
        "bottom": row_top(len(rows)),
        "rows": rows,
        "ticks": x.ticks(6),
        "unit": "instructions of one inference" if timed else "multiply-accumulates of one image",
        "timed": timed,
    }


def _parts(stage: dict[str, Any], layers: dict[str, Any], key: str) -> list[tuple[str, float, str]]:
    """(kind, value, name) of each layer; the stage as one where it cannot be divided."""
    own = [(layers[name]["kind"], layers[name][key], name) for name in stage["layers"] if name in layers]
    if not own or any(value is None for _, value, _ in own):
        whole = stage["instructions" if key == "instructions" else "macs"]
        return [(stage["kinds"][-1], whole, " + ".join(stage["layers"]))]
    return own
