"""Channels of each layer that remain, and those that were removed."""

from __future__ import annotations

from typing import Any

from mcugen.report.plots.axis import Axis
from mcugen.report.plots.rows import HEADINGS, LABELS, ROW, WIDTH, height, row_top, short
from mcugen.schemas.report.document import ReportOutput

_RIGHT = WIDTH - 110.0


def channel_rows(document: ReportOutput) -> dict[str, Any] | None:
    """Stacked bars of live, constant and unread channels; None where nothing was removed."""
    layers = document.dead_channels
    if not layers:
        return None
    x = Axis(0, max(layer.channels for layer in layers), LABELS, _RIGHT)
    rows = []
    for number, layer in enumerate(layers):
        parts = {
            "live": layer.channels - layer.removed,
            "constant": layer.constant,
            "unread": layer.removed - layer.constant,
        }
        left = x.start
        bars = []
        for kind, count in parts.items():
            if count:
                bars.append({"x": left, "width": x.length(count), "kind": kind, "title": f"{count} {kind}"})
                left = round(left + x.length(count), 2)
        rows.append(
            {
                "y": row_top(number, HEADINGS),
                "label": short(layer.layer),
                "name": layer.layer,
                "bars": bars,
                "text": f"{layer.removed} of {layer.channels}",
            }
        )
    return {
        "width": WIDTH,
        "height": height(len(rows), HEADINGS),
        "row": ROW,
        "left": LABELS,
        "right": _RIGHT,
        "bottom": row_top(len(rows), HEADINGS),
        "rows": rows,
        "ticks": x.ticks(8),
    }
