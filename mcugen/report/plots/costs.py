"""Cost by stage: a bar of its layers' instructions, with the floor marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcugen.report.plots.axis import Axis
from mcugen.report.plots.rows import LABELS, ROW, WIDTH, height, row_top, stage_name
from mcugen.schemas.report.document import ReportOutput
from mcugen.schemas.report.stages import ReportLayer, ReportStage

_RIGHT = WIDTH - 86.0
_CHARACTERS = 29


def stage_costs(document: ReportOutput) -> dict[str, Any]:
    """Bars in instructions, or in live multiply-accumulates where instructions are not known for the target."""
    stages = document.stages
    timed = document.summary.instructions is not None
    layers = {layer.name: layer for layer in document.layers}
    largest = max(*(_cost(stage, timed) for stage in stages), 1)
    if timed:
        largest = max(largest, *(stage.floor_instructions for stage in stages))
    x = Axis(0, largest, LABELS, _RIGHT)
    rows = []
    for number, stage in enumerate(stages):
        parts = _parts(stage, layers, timed)
        left = x.start
        bars = []
        for kind, value, name in parts:
            bars.append({"x": left, "width": x.length(value), "kind": kind, "title": f"{name}: {value:,.0f}"})
            left = round(left + x.length(value), 2)
        rows.append(
            {
                "y": row_top(number),
                "label": stage_name(stage.layers, _CHARACTERS),
                "title": " + ".join(stage.layers),
                "index": stage.index,
                "bars": bars,
                "floor": x.at(stage.floor_instructions) if timed else None,
                "floor_title": f"floor: {stage.floor_instructions:,}",
                "value": f"{_cost(stage, timed):,}",
                "value_x": round(max(left, x.at(stage.floor_instructions) if timed else 0) + 6, 2),
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
        "unit": "instructions of one inference" if timed else "live multiply-accumulates of one image",
        "timed": timed,
    }


def _cost(stage: ReportStage, timed: bool) -> int:
    return stage.instructions or 0 if timed else stage.live_macs


def _parts(stage: ReportStage, layers: Mapping[str, ReportLayer], timed: bool) -> list[tuple[str, int, str]]:
    """(kind, cost, name) of each layer; the stage as one where it cannot be divided."""
    own: list[tuple[str, int, str]] = []
    for layer in (layers[name] for name in stage.layers if name in layers):
        cost = layer.instructions if timed else layer.live_macs
        if cost is None:
            own = []
            break
        own.append((layer.kind, cost, layer.name))
    return own or [(stage.kinds[-1], _cost(stage, timed), " + ".join(stage.layers))]
