"""How well the angles of vectors tell images of a class from those of others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ROWS = 1000
_BINS = 1 << 14


@dataclass(frozen=True)
class Likeness:
    """recall_at_1: share of vectors whose nearest other one by angle is of their class. roc_area: how often two of a
    class are nearer than two of different ones, over all pairs of pairs. threshold: the cosine from which on two
    count as alike, where error, the share of pairs of a class below it, is that of others from it on. The last three
    are None where there are no two of a class, or none of different ones; they are of cosines in steps of 1 / 8192.
    """

    recall_at_1: float
    roc_area: float | None
    error: float | None
    threshold: float | None


def likeness(vectors: np.ndarray, classes: np.ndarray) -> Likeness:
    """Of vectors float [N, D], of any length, with classes int [N]. Vectors of zeros are at right angles to all."""
    right = 0
    alike, different = np.zeros(_BINS, np.int64), np.zeros(_BINS, np.int64)
    unit = _unit(vectors)
    for start in range(0, len(unit), _ROWS):
        cosines = unit[start : start + _ROWS] @ unit.T
        same = classes[start : start + _ROWS, None] == classes[None, :]
        rows = np.arange(len(cosines))
        places = np.clip((cosines + 1) * (_BINS / 2), 0, _BINS - 1).astype(np.int32)
        # Each pair once, and none of a vector with itself.
        later = np.arange(len(unit))[None, :] > (rows + start)[:, None]
        alike += np.bincount(places[later & same], minlength=_BINS)
        different += np.bincount(places[later & ~same], minlength=_BINS)
        right += int(same[rows, _nearest(cosines, start)].sum()) if len(unit) > 1 else 0
    recall = right / max(len(unit), 1)
    if not alike.any() or not different.any():
        return Likeness(recall, None, None, None)
    below = np.concatenate([[0], np.cumsum(different)])
    area = float((alike * (below[:-1] + different / 2)).sum() / alike.sum() / different.sum())
    refused = np.concatenate([[0], np.cumsum(alike)]) / alike.sum()
    accepted = 1 - below / different.sum()
    place = int(np.abs(refused - accepted).argmin())
    error = float((refused[place] + accepted[place]) / 2)
    return Likeness(recall, area, error, place / (_BINS / 2) - 1)


def recall_at_1(vectors: np.ndarray, classes: np.ndarray) -> float:
    """As of `likeness`, alone; 0 of fewer than two vectors."""
    unit = _unit(vectors)
    right = 0
    for start in range(0, len(unit) if len(unit) > 1 else 0, _ROWS):
        found = _nearest(unit[start : start + _ROWS] @ unit.T, start)
        right += int((classes[found] == classes[start : start + _ROWS]).sum())
    return right / max(len(unit), 1)


def mean_cosine(vectors: np.ndarray, others: np.ndarray) -> float:
    """Mean cosine of the angle between each vector float [N, D] and its counterpart."""
    return float((_unit(vectors) * _unit(others)).sum(axis=1).mean())


def _unit(vectors: np.ndarray) -> np.ndarray:
    real = vectors.astype(np.float32)
    return real / np.maximum(np.linalg.norm(real, axis=1, keepdims=True), np.float32(1e-12))


def _nearest(cosines: np.ndarray, start: int) -> np.ndarray:
    """Of rows `start` on of all cosines, the place of the largest but their own, which are changed."""
    rows = np.arange(len(cosines))
    cosines[rows, rows + start] = -2.0
    return cosines.argmax(axis=1)
