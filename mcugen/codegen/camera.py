"""What the templates of the camera path are told, and what it needs of the context."""

from __future__ import annotations

from typing import Any

from mcugen.camera import Camera
from mcugen.ir import Graph
from mcugen.plan.camera_path import camera_sums, camera_values, sum_bytes, sums_in_words, turn_columns, turn_weights


def camera_view(graph: Graph) -> dict[str, Any] | None:
    """The variables of `templates/camera`, None without a camera."""
    camera = graph.camera
    if camera is None:
        return None
    kind, window = camera.kind, camera.window
    size = camera.upright
    values, columns = camera_values(camera), turn_columns(camera)
    return {
        "format": kind.name,
        "title": kind.title,
        "kind": kind.kind,
        "value_count": values,
        "gray": values == 1,
        "bayer": _bayer_places(kind.name) if kind.bayer else None,
        "width": camera.width,
        "height": camera.height,
        "row_bytes": camera.row_bytes,
        "window": window,
        "skips": window[1] > 0 or window[1] + window[3] < camera.height,
        "first_byte": kind.row_bytes(window[0]),
        "size": size,
        "resize": camera.resize,
        "rotate": camera.rotate,
        "mirror": camera.mirror,
        "across": camera.across,
        "down": camera.down,
        "scales": camera.scales,
        "in_words": sums_in_words(camera),
        "steps": _steps(camera),
        "step_columns": columns,
        "step_bytes": kind.row_bytes(kind.cell * columns),
        "sum_type": f"uint{8 * sum_bytes(camera)}_t",
        "sums": camera_sums(camera),
    }


def camera_bytes(graph: Graph) -> int:
    """Bytes of the context that the camera path takes."""
    camera = graph.camera
    if camera is None:
        return 0
    sums = camera_sums(camera)
    unit = sum_bytes(camera) if sums else 2
    line = camera.window[2] if camera.kind.bayer else 0
    size = sums * unit + 6 + line
    return -(-size // unit) * unit


def _steps(camera: Camera) -> list[dict[str, Any]]:
    """Of the columns of the result that repeat, the source columns of each and their weights."""
    return [
        {"x": x, "parts": [(place, int(weight)) for place, weight in enumerate(row) if weight]}
        for x, row in enumerate(turn_weights(camera))
    ]


def _bayer_places(name: str) -> list[list[int]]:
    """Of red, green and blue where they stand in a cell: 0 and 1 in its even row, 2 and 3 in the odd one."""
    pattern = name.rpartition("-")[2]
    return [[place for place, colour in enumerate(pattern) if colour == wanted] for wanted in "rgb"]
