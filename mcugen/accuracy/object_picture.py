"""A picture of what was found: images with their boxes and the objects' centroids."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np

from mcugen.accuracy.objects import ObjectsFound
from mcugen.extras import require
from mcugen.ir import Graph
from mcugen.output import write_together

FORMATS = (".png", ".svg", ".pdf")
# Without a date: the same objects give the same bytes.
_METADATA = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
_COLUMNS = 6
_MOST = 24
_INCHES = 2.2


def write_picture(path: Path, graph: Graph, objects: ObjectsFound) -> None:
    """`draw_objects` as a file. Raises McugenError if matplotlib is not installed or the file cannot be written."""
    write_together({path: draw_objects(path.suffix.lower(), graph, objects)})


def draw_objects(suffix: str, graph: Graph, objects: ObjectsFound) -> bytes:
    """A picture of at most 24 images, spread evenly: boxes that are there dashed, what was found as a cross with class
    and probability. suffix: one of FORMATS. graph: that found them.

    Raises McugenError if matplotlib is not installed.
    """
    require("matplotlib", "plots", "a picture of objects")
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    data, detector, tensor = objects.data, objects.detector, graph.output_tensor
    count = min(len(data.images), _MOST)
    rows = -(-count // _COLUMNS)
    figure = Figure(figsize=(_COLUMNS * _INCHES, rows * _INCHES), layout="constrained")
    colors = matplotlib.colormaps["tab10"]
    axes = np.atleast_1d(figure.subplots(rows, _COLUMNS, squeeze=False)).ravel()
    for axis in axes:
        axis.set_axis_off()
    for axis, index in zip(axes, np.arange(count) * len(data.images) // max(count, 1), strict=False):
        image = data.images[index]
        axis.imshow(image[..., 0] if image.shape[2] == 1 else image, cmap="gray", vmin=0, vmax=255)
        for number, left, top, right, bottom in data.boxes[index]:
            place = (left - 0.5, top - 0.5)
            color = colors(int(number) % colors.N)
            axis.add_patch(Rectangle(place, right - left, bottom - top, fill=False, ls="--", lw=1, ec=color))
        for each in objects.found[index]:
            number = each.class_index - detector.first_class
            probability = tensor.scale * (each.score - tensor.zero_point)
            text = f"{data.classes[number]} {probability:.0%}"
            axis.plot(each.x, each.y, "x", color=colors(number % colors.N))
            side, away = ("right", -3) if each.x > image.shape[1] / 2 else ("left", 3)
            style = {"fontsize": 6, "color": "white", "ha": side, "textcoords": "offset points", "parse_math": False}
            axis.annotate(text, (each.x, each.y), xytext=(away, 3), **style)
    content = BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "mcugen"}):
        figure.savefig(content, format=suffix[1:], dpi=120, metadata=_METADATA.get(suffix))
    return content.getvalue()
