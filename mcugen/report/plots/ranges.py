"""Ranges of activations and weights, a row a layer."""

from __future__ import annotations

from typing import Any

from mcugen.report.plots.axis import Axis, compact
from mcugen.report.plots.rows import HEADINGS, LABELS, ROW, WIDTH, height, row_top, short
from mcugen.schemas.report.document import ReportOutput
from mcugen.schemas.report.ranges import ActivationRange

_RIGHT = WIDTH - 270.0


def activation_rows(document: ReportOutput) -> dict[str, Any]:
    """Stored values that each layer's output can reach by proof, and that the images reached."""
    layers = document.activations.layers
    x = Axis(-128, 127, LABELS, _RIGHT)
    rows = []
    for number, layer in enumerate(layers):

        def place(real: tuple[float, float], layer: ActivationRange = layer) -> dict[str, float]:
            low, high = (x.at(min(max(v / layer.scale + layer.zero_point, -128), 127)) for v in real)
            return {"x": low, "width": round(max(high - low, 1.5), 2)}

        observed = [compact(value) for value in layer.observed]
        rows.append(
            {
                "y": row_top(number, HEADINGS),
                "label": short(layer.layer),
                "name": layer.layer,
                "reachable": None if layer.reachable is None else place(layer.reachable),
                "observed": place(layer.observed),
                "zero": x.at(layer.zero_point),
                "text": f"{observed[0]} … {observed[1]}",
                "saturated": _share(layer.saturated),
                "clamped": _share(layer.clamped),
                "title": _title(layer),
            }
        )
    ticks = [{"position": x.at(value), "label": str(value).replace("-", "−")} for value in (-128, -64, 0, 64, 127)]
    return _frame(rows, ticks)


def _share(value: float) -> str:
    """A share in per cent; one too small for its digits is not shown as nothing."""
    return "" if value == 0 else "< 0.1%" if value < 0.0005 else f"{value:.1%}"


def _title(layer: ActivationRange) -> str:
    ranges = [("images", layer.observed), ("proved", layer.reachable), ("type", layer.representable)]
    parts = [f"{name} {compact(r[0])} … {compact(r[1])}" for name, r in ranges if r is not None]
    return f"{layer.layer}: {'; '.join(parts)}; scale {layer.scale:.6g}, zero point {layer.zero_point}"


def weight_rows(document: ReportOutput) -> dict[str, Any]:
    """How the largest magnitudes of each layer's channels spread, on a logarithmic axis."""
    layers = document.weights
    spreads = [layer.channel_magnitudes for layer in layers]
    positive = [value for spread in spreads for value in spread if value > 0] or [1.0]
    x = Axis(min(positive) * 0.8, max(positive) * 1.25, LABELS, _RIGHT, log=True)
    rows = []
    for number, (layer, spread) in enumerate(zip(layers, spreads, strict=True)):
        ratio = spread[4] / spread[0] if spread[0] > 0 else None
        low, first, median, third, high = (x.at(max(value, x.low)) for value in spread)
        rows.append(
            {
                "y": row_top(number, HEADINGS),
                "label": short(layer.layer),
                "name": layer.layer,
                "whisker": {"x": low, "width": round(high - low, 2)},
                "box": {"x": first, "width": round(max(third - first, 1.5), 2)},
                "median": median,
                "text": f"{compact(layer.minimum)} … {compact(layer.maximum)}",
                "ratio": f"{compact(ratio)}×" if ratio else "",
                "title": f"{layer.layer}: weights {compact(layer.minimum)} … {compact(layer.maximum)}, "
                f"{'a scale a channel' if layer.per_channel else 'one scale'}; channels' largest from "
                f"{compact(spread[0])} to {compact(spread[4])}",
            }
        )
    return _frame(rows, x.ticks())


def _frame(rows: list[dict[str, Any]], ticks: Any) -> dict[str, Any]:
    return {
        "width": WIDTH,
        "height": height(len(rows), HEADINGS),
        "row": ROW,
        "left": LABELS,
        "right": _RIGHT,
        "bottom": row_top(len(rows), HEADINGS),
        "rows": rows,
        "ticks": ticks,
    }
