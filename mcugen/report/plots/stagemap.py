"""The graph as stages: one row a stage, its layers as boxes, what it keeps in memory beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcugen.report.plots.rows import WIDTH, short
from mcugen.schemas.optimization import StageGroup
from mcugen.schemas.report.document import ReportOutput
from mcugen.schemas.report.stages import KeptRows, ReportStage

_ROW = 30.0
_TOP = 34.0
_BOX = 212.0
_BOXES = (112.0, 344.0)
_SKIP = 562.0


def stage_map(document: ReportOutput) -> dict[str, Any]:
    """Rows, the groups' brackets, and arcs of what skips stages."""
    stages = document.stages
    image = document.summary.input_shape
    rows = [
        {
            "y": _TOP + _ROW * (number + 1),
            "index": stage.index,
            "boxes": [
                {"x": _BOXES[place], "kind": kind, "text": short(name, 26), "name": name}
                for place, (name, kind) in enumerate(zip(stage.layers, stage.kinds, strict=True))
            ],
            "shape": shape_text(stage.output_shape),
            "memory": _memory(stage.rows),
            "ring": stage.rows.kept < stage.rows.height,
            "kernel": stage.kernel.title,
        }
        for number, stage in enumerate(stages)
    ]
    return {
        "width": WIDTH,
        "height": _TOP + _ROW * (len(stages) + 1) + 8,
        "row": _ROW,
        "box": _BOX,
        "boxes": _BOXES,
        "image": {"y": _TOP, "shape": shape_text(image)},
        "rows": rows,
        "groups": [_group(number, group) for number, group in enumerate(document.memory.groups)],
        "skips": [
            _skip(stage, stages, source) for stage in stages for source in stage.inputs if source < stage.index - 1
        ],
    }


def shape_text(shape: Sequence[int]) -> str:
    """48 × 48 × 16."""
    return " × ".join(map(str, shape))


def _memory(rows: KeptRows) -> str:
    size = rows.kept * rows.row_bytes
    if rows.height == 1:
        return f"{size:,} B"
    if rows.kept < rows.height:
        return f"{rows.kept} of {rows.height} rows, {size:,} B"
    return f"whole map, {size:,} B"


def _middle(stage: int) -> float:
    return _TOP + _ROW * (stage + 1) + _ROW / 2


def _group(number: int, group: StageGroup) -> dict[str, Any]:
    first, last = group.first_stage, group.last_stage
    title = f"group {number}: stage {first}" if first == last else f"group {number}: stages {first} to {last} together"
    return {"number": number, "y1": _middle(first) - 10, "y2": _middle(last) + 10, "title": title}


def _skip(stage: ReportStage, stages: Sequence[ReportStage], source: int) -> dict[str, Any]:
    start, end = _middle(source), _middle(stage.index)
    edge = _right_edge(stage)
    begin = _BOXES[0] if source < 0 else _right_edge(stages[source])
    path = f"M{begin} {start} H{_SKIP} C{_SKIP + 20} {start} {_SKIP + 20} {end} {_SKIP} {end} H{edge}"
    origin = "the image" if source < 0 else " + ".join(stages[source].layers)
    return {"path": path, "title": f"{origin} to {stage.layers[0]}"}


def _right_edge(stage: ReportStage) -> float:
    """Of the last box of a stage."""
    return _BOXES[len(stage.layers) - 1] + _BOX
