"""Boxes as the classes of cells, as FOMO is trained: the cell in which the middle of a box lies is of its class.

Edge Impulse, "FOMO", https://docs.edgeimpulse.com/studio/projects/learning-blocks/blocks/object-detection/fomo:
centroids of the boxes are what is trained on, and their cells weigh more than the background's (object_weight, 100).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch


def padded_boxes(boxes: Sequence[np.ndarray]) -> np.ndarray:
    """The boxes of all images as one array, float32 [N, most boxes of an image, 5]; of class -1 are those that an image
    does not have.

    boxes: of each image float [K, 5], class, left, top, right, bottom.
    """
    most = max((len(each) for each in boxes), default=0)
    result = np.full((len(boxes), max(most, 1), 5), -1, np.float32)
    for row, each in zip(result, boxes, strict=True):
        row[: len(each)] = each
    return result


def middles(boxes: torch.Tensor) -> torch.Tensor:
    """Class, x and y of the middle of each box in pixels, float [N, K, 3], of `padded_boxes`."""
    number, left, top, right, bottom = boxes.unbind(-1)
    return torch.stack([number, (left + right) / 2, (top + bottom) / 2], -1)


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
