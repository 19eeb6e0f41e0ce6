"""Learning curves of a run, as its metrics.csv has them."""

from __future__ import annotations

import csv
import io
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcugen.extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOSSES = {"loss": "training", "test_loss": "test", "validation_loss": "validation"}
_BESIDE = ("epoch", "lr", "seconds")


def read_metrics(path: Path) -> dict[str, list[float]]:
    """Columns of the CSV file by name; NaN where an epoch was not measured."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return {name: [float(row[name] or "nan") for row in rows] for name in (rows[0] if rows else ())}


def curves_svg(metrics: dict[str, list[float]], kept: int | None = None) -> str:
    """Loss, what is measured beside it, and the learning rate over the epochs, as SVG.

    metrics: of `read_metrics`. kept: the epoch whose weights are kept, if not the last's. The same metrics give the
    same text. Raises McugenError if matplotlib is not installed.
    """
    require("matplotlib", "plots", "learning curves")
    from matplotlib.figure import Figure

    epochs = metrics["epoch"]
    measures = [name for name in metrics if name not in _LOSSES and name not in _BESIDE]
    figure = Figure(figsize=(8, 6.4 if measures else 4.4), layout="constrained")
    ratios = [3, 3, 1] if measures else [3, 1]
    panels = figure.subplots(len(ratios), sharex=True, height_ratios=ratios)
    _draw(panels[0], epochs, {shown: metrics[name] for name, shown in _LOSSES.items() if name in metrics})
    panels[0].set_ylabel("loss")
    if measures:
        _draw(panels[1], epochs, {name.replace("_", " "): metrics[name] for name in measures})
        panels[1].set_ylabel("measured")
    panels[-1].plot(epochs, metrics["lr"], color="gray")
    panels[-1].set_ylabel("rate")
    panels[-1].set_xlabel("epoch")
    panels[-1].xaxis.get_major_locator().set_params(integer=True)
    for axes in panels:
        axes.grid(alpha=0.3)
        if kept is not None:
            axes.axvline(kept, color="black", linestyle=":", linewidth=1)
    return svg_text(figure)


def rates_svg(rates: Sequence[float], losses: Sequence[float], smoothed: Sequence[float], suggestion: float) -> str:
    """Loss by learning rate, on a log scale, as SVG. Raises McugenError if matplotlib is not installed."""
    require("matplotlib", "plots", "a picture of losses by learning rate")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(rates, losses, color="lightgray", label="loss of a step")
    axes.plot(rates, smoothed, label="smoothed")
    axes.axvline(suggestion, color="black", linestyle=":", label=f"suggestion: {suggestion:.2g}")
    axes.set_xscale("log")
    # What follows where the rate is too high would hide all else.
    axes.set_ylim(0, 2 * smoothed[0])
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return svg_text(figure)


def svg_text(figure: Figure) -> str:
    """The figure as SVG, without a date and with ids that do not change."""
    import matplotlib

    stream = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "mcugen"}), warnings.catch_warnings():
        # Names of classes may be in scripts that its font does not have.
        warnings.simplefilter("ignore")
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def _draw(axes: Axes, epochs: Sequence[float], lines: dict[str, list[float]]) -> None:
    for name, values in lines.items():
        known = [(epoch, value) for epoch, value in zip(epochs, values, strict=True) if not math.isnan(value)]
        if known:
            # A mark where a line alone would not be seen.
            axes.plot(*zip(*known, strict=True), marker="o" if len(known) < 30 else None, markersize=3, label=name)
    axes.legend(fontsize=8)
