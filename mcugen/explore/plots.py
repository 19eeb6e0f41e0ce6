"""Accuracy against cost, as in figures 4 and 5 of the MobileNet paper (arXiv 1704.04861)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mcugen.extras import require
from mcugen.output import write_whole
from mcugen.schemas.sweep import SweepRun

PLOTS = {"macs": "accuracy-macs.svg", "parameters": "accuracy-parameters.svg"}
_LABELS = {"macs": "multiply-accumulates of one image", "parameters": "parameters"}
_MARKERS = {
    "mobilenet_v1": "o",
    "mobilenet_v1_full": "s",
    "mobilenet_v1_shallow": "^",
    "mobilenet_v2": "D",
    "mobilenet_v3_small": "v",
    "mobilenet_v3_large": "P",
}


def write_plots(rows: Sequence[SweepRun], directory: Path) -> list[Path]:
    """int8 top-1 against multiply-accumulates and against parameters, on log axes; returns the files (SVG).

    rows: as `run_sweep` returns them. Colours tell sizes of the image, marks tell nets; open ones had weight decay on
    depthwise filters. Raises McugenError if matplotlib is not installed.
    """
    require("matplotlib", "plots", "plotting")
    import matplotlib
    from matplotlib.figure import Figure

    sizes = sorted({row.size for row in rows})
    colors = {size: matplotlib.colormaps["viridis"](index / max(len(sizes), 2)) for index, size in enumerate(sizes)}
    written = []
    for quantity, name in PLOTS.items():
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axes = figure.add_subplot()
        axes.set_xscale("log")
        axes.set_xlabel(_LABELS[quantity])
        axes.set_ylabel("top-1 of int8, %")
        axes.grid(alpha=0.3, which="both")
        for row in rows:
            color = colors[row.size]
            axes.plot(
                getattr(row, quantity),
                100 * row.int8_top1,
                _MARKERS.get(row.net, "o"),
                color=color,
                markerfacecolor="none" if row.decay else color,
            )
            axes.annotate(
                f"{row.alpha:g}",
                (getattr(row, quantity), 100 * row.int8_top1),
                (4, 3),
                textcoords="offset points",
                size=7,
            )
        for size in sizes:
            axes.plot([], [], "o", color=colors[size], label=f"{size} x {size}")
        for net in sorted({row.net for row in rows}):
            axes.plot([], [], _MARKERS.get(net, "o"), color="gray", label=net)
        if any(row.decay for row in rows):
            axes.plot([], [], "o", color="gray", markerfacecolor="none", label="depthwise decay")
        axes.legend(fontsize=8)
        # Without a date, and with ids that do not change: the same rows give the same bytes.
        with write_whole(directory / name) as stream, matplotlib.rc_context({"svg.hashsalt": "mcugen"}):
            figure.savefig(stream, format="svg", metadata={"Date": None})
        written.append(directory / name)
    return written
