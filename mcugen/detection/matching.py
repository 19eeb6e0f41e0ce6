"""Objects that were found against boxes that are there: precision, recall and F1 by object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mcugen.detection.components import Detection


@dataclass(frozen=True)
class Counts:
    """found: objects whose centroid lies in a box of their class, each box for one of them. wrong: others. missed:
    boxes without one."""

    found: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.found + other.found, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """Of the objects that were found, the part that is there; 0 where nothing was found."""
        return self.found / max(self.found + self.wrong, 1)

    @property
    def recall(self) -> float:
        """Of the boxes, the part that was found; 0 where there is none."""
        return self.found / max(self.found + self.missed, 1)

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.found / max(2 * self.found + self.wrong + self.missed, 1)


def count_matches(found: Sequence[Detection], boxes: np.ndarray, first_class: int, classes: int) -> list[Counts]:
    """Counts of one image by class of objects.

    found: the highest score first, which chooses first: of the boxes of its class around its centroid the one whose
    middle is nearest. boxes: float [K, 5], class, left, top, right, bottom. first_class: the map's channel of class 0.
    """
    free = list(range(len(boxes)))
    right, wrong = [0] * classes, [0] * classes
    for each in found:
        number, x, y = each.class_index - first_class, each.x + 0.5, each.y + 0.5
        around = [
            index
            for index in free
            if boxes[index, 0] == number
            and boxes[index, 1] <= x <= boxes[index, 3]
            and boxes[index, 2] <= y <= boxes[index, 4]
        ]
        if not around:
            wrong[number] += 1
            continue
        nearest = min(
            around,
            key=lambda index: np.hypot(
                boxes[index, 1] + boxes[index, 3] - 2 * x, boxes[index, 2] + boxes[index, 4] - 2 * y
            ),
        )
        free.remove(nearest)
        right[number] += 1
    missed = np.bincount(boxes[free, 0].astype(np.int64), minlength=classes)
    return [Counts(right[number], wrong[number], int(missed[number])) for number in range(classes)]


def total(parts: Iterable[Sequence[Counts]], classes: int) -> list[Counts]:
    """Counts of many images by class."""
    sums = [Counts() for _ in range(classes)]
    for part in parts:
        sums = [one + other for one, other in zip(sums, part, strict=True)]
    return sums
