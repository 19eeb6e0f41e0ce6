"""The classes that the reference gives images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcugen import reference
from mcugen.accuracy.input_quality import InputQuality, InputSums
from mcugen.accuracy.sample import Sample
from mcugen.data import Normalization
from mcugen.ir import Graph

_BATCH = 200


def classify(
    graph: Graph, sample: Sample, normalization: Normalization | None, progress: Callable[[str, int, int], None]
) -> tuple[np.ndarray, InputQuality]:
    """Predicted classes, int64 [N], and what the images become at the input."""
    images, inputs = sample.dataset.images, InputSums(graph, normalization, None)
    total = len(images)
    predictions = np.empty(total, np.int64)
    for start in range(0, total, _BATCH):
        progress("classifying", start, total)
        part = slice(start, start + _BATCH)
        batch, _ = inputs.add(images[part])
        predictions[part] = reference.run(graph, batch).reshape(len(batch), -1).argmax(axis=1)
    return predictions, inputs.quality(images)
