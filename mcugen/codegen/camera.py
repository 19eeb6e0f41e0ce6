"""What the templates of the camera path are told, and what it needs of the context."""

from __future__ import annotations

from math import gcd
from typing import Any

from mcugen.camera import Camera
from mcugen.camera.resize import Area
from mcugen.ir import Graph

# Source columns of a loop's turn that are written out.
_MOST_UNROLLED = 16
# Sum of weights up to which a word holds those of five, six and five bits: 63 * 32 is below 2^11.
_MOST_IN_WORDS = 32


def camera_view(graph: Graph) -> dict[str, Any] | None:
    """The variables of `templates/camera`, None without a camera."""
    camera = graph.camera
    if camera is None:
        return None
    kind, window = camera.kind, camera.window
    size = camera.upright
    steps = _steps(camera)
    values, columns = camera_values(camera), camera.across.units * (2 if _doubled(camera) else 1)
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
        "in_words": kind.name.startswith("rgb565") and bool(steps) and camera.across.units <= _MOST_IN_WORDS,
        "steps": steps,
        "step_columns": columns,
        "step_bytes": kind.row_bytes(kind.cell * columns),
        "sum_type": _sum_type(camera),
        "sums": _sums(camera),
    }


def camera_bytes(graph: Graph) -> int:
    """Bytes of the context that the camera path takes."""
    camera = graph.camera
    if camera is None:
        return 0
    unit = 4 if _sums(camera) and _sum_type(camera) == "uint32_t" else 2
    line = camera.window[2] if camera.kind.bayer else 0
    size = _sums(camera) * unit + 6 + line
    return -(-size // unit) * unit


def camera_values(camera: Camera) -> int:
    """Values of a pixel that are summed: of YUV only the luma where the net is gray."""
    return 1 if camera.kind.kind == "yuv" and camera.output[2] == 1 else camera.kind.channels


def _sums(camera: Camera) -> int:
    rows = {"area": 1, "nearest": 0, "bilinear": 2 if camera.down.source > 1 else 1}[camera.resize]
    return rows * camera.upright[1] * camera_values(camera)


def _sum_type(camera: Camera) -> str:
    units = camera.across.units * (camera.down.units if camera.resize == "area" else 1)
    return "uint16_t" if max(camera.kind.levels) * units <= 0xFFFF else "uint32_t"


def _doubled(camera: Camera) -> bool:
    """Whether a turn has twice the columns, so that it begins with a pair."""
    return camera.kind.pairs and not camera.kind.bayer and camera.across.units % 2 == 1


def _steps(camera: Camera) -> list[dict[str, Any]]:
    """Of the columns of the result that repeat, the source columns of each and their weights; none where these are too
    many to be written out."""
    across = camera.across
    if not isinstance(across, Area):
        return []
    times = 2 if _doubled(camera) else 1
    if across.units * times > _MOST_UNROLLED or gcd(across.source, across.size) % times:
        return []
    weights = Area(across.units * times, across.source_units * times).weights()
    return [
        {"x": x, "parts": [(place, int(weight)) for place, weight in enumerate(row) if weight]}
        for x, row in enumerate(weights)
    ]


def _bayer_places(name: str) -> list[list[int]]:
    """Of red, green and blue where they stand in a cell: 0 and 1 in its even row, 2 and 3 in the odd one."""
    pattern = name.rpartition("-")[2]
    return [[place for place, colour in enumerate(pattern) if colour == wanted] for wanted in "rgb"]
