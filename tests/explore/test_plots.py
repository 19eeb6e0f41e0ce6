"""The plots of a sweep: a mark for each row where its figures are, axes and legend that say what they are."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from mcugen.explore.plots import PLOTS, write_plots
from mcugen.schemas.sweep import SweepRun
from tests.support.needs import module

SVG = "{http://www.w3.org/2000/svg}"


def row(net: str, alpha: float, size: int, macs: int, parameters: int, top1: float, decay: bool = False) -> SweepRun:
    return SweepRun(
        net=net,
        alpha=alpha,
        size=size,
        decay=decay,
        run=f"{net}_{alpha}_{size}",
        macs=macs,
        parameters=parameters,
        float_top1=top1,
        int8_top1=top1,
        live_macs=macs,
        ram_bytes=1000,
        flash_bytes=parameters,
        instructions=None,
        modelled_cycles=None,
        seconds=1.0,
    )


ROWS = [
    row("mobilenet_v1", 0.25, 32, 800_000, 220_000, 0.92),
    row("mobilenet_v1_shallow", 0.125, 32, 120_000, 22_000, 0.89),
    row("mobilenet_v1", 0.25, 16, 210_000, 220_000, 0.85, decay=True),
]


def marks(text: str) -> list[tuple[float, float]]:
    """Positions of the marks inside the axes: the legend's are not clipped, the ticks' neither."""
    root = ElementTree.fromstring(text)
    return [
        (float(use.attrib["x"]), float(use.attrib["y"]))
        for group in root.iter(f"{SVG}g")
        if "clip-path" in group.attrib
        for use in group.iter(f"{SVG}use")
    ]


@pytest.fixture
def plots(tmp_path: Path) -> dict[str, str]:
    module("matplotlib")
    written = write_plots(ROWS, tmp_path)
    assert [path.name for path in written] == list(PLOTS.values())
    return {quantity: (tmp_path / name).read_text() for quantity, name in PLOTS.items()}


def test_marks_lie_where_their_figures_are(plots: dict[str, str]) -> None:
    for quantity, text in plots.items():
        found = marks(text)
        assert len(found) == len(ROWS)
        x = [math.log(getattr(entry, quantity)) for entry in ROWS]
        y = [entry.int8_top1 for entry in ROWS]
        assert line(x, [place[0] for place in found]) > 0
        # SVG counts downwards.
        assert line(y, [place[1] for place in found]) < 0


def line(values: list[float], positions: list[float]) -> float:
    """The slope of the straight line through the points, which must be one; equal values are at equal positions."""
    low, high = (values.index(bound) for bound in (min(values), max(values)))
    slope: Any = (positions[high] - positions[low]) / (values[high] - values[low])
    assert positions == pytest.approx([positions[low] + slope * (value - values[low]) for value in values], abs=0.01)
    return slope


def test_labels(plots: dict[str, str]) -> None:
    """matplotlib draws letters as outlines, and says in a comment which text they are."""
    for quantity, text in plots.items():
        written = re.findall(r"<!-- (.*?) -->", text)
        assert {"macs": "multiply-accumulates of one image", "parameters": "parameters"}[quantity] in written
        assert "top-1 of int8, %" in written
        assert [label for label in written if re.fullmatch(r"0\.\d+", label)] == ["0.25", "0.125", "0.25"]
        assert {"16 x 16", "32 x 32", "mobilenet_v1", "mobilenet_v1_shallow", "depthwise decay"} <= set(written)


def test_the_same_rows_give_the_same_bytes(plots: dict[str, str], tmp_path: Path) -> None:
    write_plots(ROWS, tmp_path)
    assert {quantity: (tmp_path / name).read_text() for quantity, name in PLOTS.items()} == plots
