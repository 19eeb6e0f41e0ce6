"""The roofline: how much of what the floor allows each stage reaches."""

from __future__ import annotations

import math
from typing import Any

from mcugen.kernels.family import Yardstick
from mcugen.report.plots.axis import Axis
from mcugen.report.plots.rows import WIDTH
from mcugen.schemas.report.document import ReportOutput

_LEFT, _RIGHT = 64.0, WIDTH - 16.0
_TOP, _BOTTOM = 16.0, 360.0
_LABELLED = 8
# Half the height of a number.
_LETTER = 7.0


def roofline(document: ReportOutput) -> dict[str, Any] | None:
    """Points, the roof, and its labels; None where no instructions are known or no stage multiplies."""
    stages = [(stage, stage.instructions) for stage in document.stages if stage.live_macs and stage.instructions]
    if not stages:
        return None
    intensities = [stage.live_macs / stage.words for stage, _ in stages]
    rates = [stage.live_macs / instructions for stage, instructions in stages]
    x = Axis(min(intensities) * 0.6, max(intensities) * 1.8, _LEFT, _RIGHT, log=True)
    floor = document.target.floor
    measure = Yardstick(floor.instruction, floor.macs_per_instruction, floor.word_bytes)
    y = Axis(min(rates) * 0.6, 1.25 * measure.macs, _BOTTOM, _TOP, log=True)
    total = sum(instructions for _, instructions in stages)
    costly = {stage.index for stage, _ in sorted(stages, key=lambda pair: -pair[1])[:_LABELLED]}
    points: list[dict[str, Any]] = []
    for (stage, instructions), intensity, rate in zip(stages, intensities, rates, strict=True):
        share = instructions / total
        reached = stage.floor_instructions / instructions
        name = " + ".join(stage.layers)
        points.append(
            {
                "x": x.at(intensity),
                "y": y.at(rate),
                "radius": round(3.5 + 22 * math.sqrt(share), 2),
                "kind": stage.kinds[-1] if len(stage.kinds) == 1 else "separable",
                "index": stage.index,
                "label": None,
                "title": f"{stage.index}: {name}; {rate:.2f} live MACs an instruction, {intensity:.0f} "
                f"live MACs a word, {reached:.0%} of the floor's rate, {share:.1%} of all instructions",
            }
        )
    # Large points first, so that small ones stay visible.
    points.sort(key=lambda point: -point["radius"])
    _label(points, costly)
    samples = [x.low * (x.high / x.low) ** (number / 80) for number in range(81)]
    return {
        "width": WIDTH,
        "height": _BOTTOM + 46,
        "left": _LEFT,
        "right": _RIGHT,
        "top": _TOP,
        "bottom": _BOTTOM,
        "x_ticks": x.ticks(),
        "y_ticks": y.ticks(),
        "points": points,
        "roof": " ".join(
            f"{x.at(value)},{y.at(measure.roof(value))}" for value in samples if measure.roof(value) >= y.low
        ),
        "peak": y.at(measure.macs),
        "peak_text": f"{measure.instruction} alone: {measure.macs} live MACs an instruction",
    }


def _label(points: list[dict[str, Any]], chosen: set[int]) -> None:
    """Gives the chosen points their stage's number, inside the circle or beside it, where it meets least."""
    taken: list[tuple[float, float]] = []
    for point in points:
        if point["index"] not in chosen:
            continue
        x, y, away = point["x"], point["y"], point["radius"] + _LETTER
        places = [(x, y), (x, y - away), (x + away, y), (x, y + away), (x - away, y)]
        if point["radius"] < _LETTER:
            places = places[1:]
        best = min(places, key=lambda place: _conflicts(place, points, taken))
        taken.append(best)
        point["label"] = {"x": round(best[0], 2), "y": round(best[1] + 4, 2), "text": str(point["index"])}


def _conflicts(place: tuple[float, float], points: list[dict[str, Any]], taken: list[tuple[float, float]]) -> int:
    """How many outlines cross a number that stands there; other numbers weigh most."""
    outlines = sum(
        abs(math.dist(place, (point["x"], point["y"])) - point["radius"]) < _LETTER * 0.8 for point in points
    )
    numbers = sum(abs(place[0] - x) < 2.2 * _LETTER and abs(place[1] - y) < 1.8 * _LETTER for x, y in taken)
    return outlines + 10 * numbers
