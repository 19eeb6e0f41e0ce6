"""Classes that float and int8 give the same images, and which of them change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcugen.accuracy.compare import LayerQuality, compare
from mcugen.accuracy.input_quality import InputQuality
from mcugen.accuracy.sample import Sample
from mcugen.accuracy.twin import FloatTwin
from mcugen.data import Normalization
from mcugen.ir import Graph


@dataclass(frozen=True)
class Flip:
    """An image that float and int8 classify differently.

    index: in the data set. margin: float's score of its own class less that of int8's; small where float was
    undecided itself, so that any noise tips it.
    """

    index: int
    truth: int
    float_class: int
    int8_class: int
    margin: float


@dataclass(frozen=True, eq=False)
class Explanation:
    """predicted, float_predicted: classes, int64 [N], of int8 and float; the latter, float_name and flips are None or
    empty without a twin."""

    sample: Sample
    predicted: np.ndarray
    input: InputQuality
    layers: tuple[LayerQuality, ...]
    float_name: str | None = None
    float_predicted: np.ndarray | None = None
    flips: tuple[Flip, ...] = ()

    def confusion(self, classes: int) -> np.ndarray:
        """Counts of images, int64 [truth, int8's class]."""
        counts = np.zeros((classes, classes), np.int64)
        np.add.at(counts, (self.sample.dataset.labels, self.predicted), 1)
        return counts


def explain(
    graph: Graph,
    sample: Sample,
    twin: FloatTwin | None = None,
    normalization: Normalization | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Explanation:
    """Runs the images through the int8 graph, as it was imported, and through its float twin.

    Raises McugenError if the images do not fit the model, or float's scores are not numbers.
    """
    found = compare(graph, sample.dataset.images, twin, normalization, progress)
    predicted = found.stored.argmax(axis=1)
    if found.scores is None:
        return Explanation(sample, predicted, found.input, found.layers)
    flips = _flips(sample, predicted, found.scores)
    return Explanation(sample, predicted, found.input, found.layers, found.name, found.scores.argmax(axis=1), flips)


def _flips(sample: Sample, predicted: np.ndarray, scores: np.ndarray) -> tuple[Flip, ...]:
    chosen = scores.argmax(axis=1)
    return tuple(
        Flip(
            int(sample.indices[place]),
            int(sample.dataset.labels[place]),
            int(chosen[place]),
            int(predicted[place]),
            float(scores[place, chosen[place]] - scores[place, predicted[place]]),
        )
        for place in np.flatnonzero(chosen != predicted)
    )
