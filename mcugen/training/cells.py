"""Boxes as the classes of cells, as FOMO is trained: the cell in which the middle of a box lies is of its class.

Edge Impulse, "FOMO", https://docs.edgeimpulse.com/studio/projects/learning-blocks/blocks/object-detection/fomo:
centroids of the boxes are what is trained on, and their cells weigh more than the background's (object_weight, 100).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch


def middles(boxes: Sequence[np.ndarray]) -> np.ndarray:
    """Class, x and y of the middle of each box in pixels, float32 [N, most boxes of an image, 3]; class -1: none.

    boxes: of each image float [K, 5], class, left, top, right, bottom.
    """
    most = max((len(each) for each in boxes), default=0)
    result = np.full((len(boxes), max(most, 1), 3), -1, np.float32)
    for row, each in zip(result, boxes, strict=True):
        row[: len(each), 0] = each[:, 0]
        row[: len(each), 1] = (each[:, 1] + each[:, 3]) / 2
        row[: len(each), 2] = (each[:, 2] + each[:, 4]) / 2
    return result


def cell_classes(centres: torch.Tensor, image: tuple[int, int], cells: tuple[int, int]) -> torch.Tensor:
    """int64 [N, height, width] of `middles`: 0 the background, 1 + the class of the object whose middle is there.

    image, cells: height and width. Middles outside of the image are of no cell; of two in a cell the last counts.
    """
    number, x, y = centres.unbind(-1)
    height, width = cells
    column = (x * width / image[1]).floor().long()
    row = (y * height / image[0]).floor().long()
    there = (number >= 0) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    targets = torch.zeros(len(centres), height, width, dtype=torch.int64)
    index = there.nonzero(as_tuple=True)
    targets[index[0], row[index], column[index]] = number[index].long() + 1
    return targets


def augment_objects(
    pixels: torch.Tensor, centres: torch.Tensor, shift: int, flip: bool, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Images and the middles of their boxes, moved by up to `shift` pixels, repeating the edge, and mirrored with
    probability 1/2. uint8 [N, H, W, C] and float [N, K, 3] to the same."""
    count, height, width, _ = pixels.shape
    down, across = torch.randint(-shift, shift + 1, (2, count, 1), generator=generator)
    mirrored = torch.rand(count, 1, generator=generator) < (0.5 if flip else 0.0)
    rows = (torch.arange(height) - down).clamp(0, height - 1)
    columns = torch.arange(width) - across
    columns = torch.where(mirrored, width - 1 - columns, columns).clamp(0, width - 1)
    moved = pixels[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    number, x, y = centres.unbind(-1)
    x = torch.where(mirrored, width - x, x) + across
    return moved, torch.stack([number, x, y + down], -1)
