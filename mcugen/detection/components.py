"""The objects of a map: what the generated NAME_detect finds, bit for bit, computed another way.

A cell is of a class where its value reaches the threshold: several classes may share a cell. Cells of a class that
touch, at a corner too, are one object, whose score is its highest value. Edge Impulse's FOMO joins a cell to the first
box of its class that it touches, corners among them, and takes the highest score, too (`ei_handle_cube` of its
ei_fill_result_struct.h). Connected components are that without depending on the order of the cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.detection.detector import Detector


@dataclass(frozen=True)
class Detection:
    """An object. class_index: its channel of the map. score: highest value of its cells, as the map has it.

    x, y: pixel of the image at the mean of its cells' centres. left, top, right, bottom: pixels of the box around its
    cells, the last two behind it. cells: how many. first_cell: the first of them, counted row by row.
    """

    class_index: int
    score: float
    x: int
    y: int
    left: int
    top: int
    right: int
    bottom: int
    cells: int
    first_cell: int


def detect(values: np.ndarray, detector: Detector, least: float | None = None) -> list[Detection]:
    """All objects of a map [height, width, channels], the highest score first; of equal ones the first cell, then the
    class decides.

    values: int8, or probabilities with `least` in the place of the detector's int8 threshold. Who has room for so many
    keeps the first.
    """
    bound = detector.least if least is None else least
    found = [
        _measured(cells, values[..., channel], channel, detector)
        for channel in range(detector.first_class, detector.channels)
        for cells in _components(values[..., channel] >= bound)
    ]
    return sorted(found, key=lambda each: (-each.score, each.first_cell, each.class_index))


def _components(above: np.ndarray) -> list[list[tuple[int, int]]]:
    """Cells (y, x) of each component: cells that touch, corners too."""
    left = {(int(y), int(x)) for y, x in np.argwhere(above)}
    components = []
    while left:
        component, ahead = [], [left.pop()]
        while ahead:
            y, x = cell = ahead.pop()
            component.append(cell)
            near = {(y + down, x + right) for down in (-1, 0, 1) for right in (-1, 0, 1)} & left
            left -= near
            ahead.extend(near)
        components.append(component)
    return components


def _measured(cells: list[tuple[int, int]], values: np.ndarray, channel: int, detector: Detector) -> Detection:
    rows, columns = (np.array(part, np.int64) for part in zip(*cells, strict=True))
    count = len(cells)
    height, width = detector.image_height, detector.image_width
    return Detection(
        class_index=channel,
        score=values[rows, columns].max().item(),
        x=int((2 * columns.sum() + count) * width // (2 * count * detector.width)),
        y=int((2 * rows.sum() + count) * height // (2 * count * detector.height)),
        left=int(columns.min() * width // detector.width),
        top=int(rows.min() * height // detector.height),
        right=int((columns.max() + 1) * width // detector.width),
        bottom=int((rows.max() + 1) * height // detector.height),
        cells=count,
        first_cell=int((rows * detector.width + columns).min()),
    )
