"""Float and int8 over the same images: what each layer keeps, and which answers change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mcugen import reference
from mcugen.accuracy.clipping import layer_ends
from mcugen.accuracy.input_quality import InputQuality, InputSums
from mcugen.accuracy.measures import decibels
from mcugen.accuracy.sample import Sample
from mcugen.accuracy.twin import FloatTwin, match_layers
from mcugen.data import Normalization
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph

# Float maps of all layers are alive at once: some ten megabytes for a net of 96 x 96.
_BATCH = 32


@dataclass(frozen=True)
class LayerQuality:
    """A layer of the int8 model.

    saturated, clamped: shares of its values that the range of its type cuts off, and that its activation does, see
    `mcugen.accuracy.clipping`. snr: 10 log10(sum x^2 / sum (x -
    y)^2) in dB, x being float's values and y those that int8 stands for; None where the twin has no such layer.
    """

    name: str
    kind: str
    saturated: float
    clamped: float
    snr: float | None


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


@dataclass
class _Sums:
    """Of one layer over all images."""

    values: int = 0
    saturated: int = 0
    clamped: int = 0
    signal: float = 0.0
    noise: float = 0.0


@dataclass
class _Answers:
    """Of one batch after another."""

    int8: list[np.ndarray] = field(default_factory=list)
    scores: list[np.ndarray] = field(default_factory=list)


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
    pairs = match_layers(graph, twin.layers) if twin is not None else {}
    observed = tuple(dict.fromkeys(pairs.values()))
    sums = {op.name: _Sums() for op in graph.operators}
    ends = layer_ends(graph)
    answers, inputs = _Answers(), InputSums(graph, normalization, twin)
    images = sample.dataset.images
    for start in range(0, len(images), _BATCH):
        if progress is not None:
            progress("classifying", start, len(images))
        stored, real = inputs.add(images[start : start + _BATCH])
        expected: dict[str, np.ndarray] = {}
        if twin is not None:
            scores, expected = twin.run(real, observed)
            if not np.isfinite(scores).all():
                raise McugenError(f"{twin.name}: its scores are not all finite", "is it the trained model?")
            answers.scores.append(scores)
        for op, values in reference.evaluate(graph, stored):
            tensor, total = graph.tensors[op.output], sums[op.name]
            total.values += values.size
            cut = ends[op.name].count(values)
            total.saturated += cut[0]
            total.clamped += cut[1]
            if op.name in pairs:
                wanted = expected[pairs[op.name]].astype(np.float64)
                found = (values.astype(np.float64) - tensor.zero_point) * float(tensor.scale)
                total.signal += float(np.square(wanted).sum())
                total.noise += float(np.square(wanted - found).sum())
            if op.output == graph.output:
                answers.int8.append(values.reshape(len(values), -1).argmax(axis=1))
    layers = tuple(
        LayerQuality(
            op.name,
            type(op).__name__,
            sums[op.name].saturated / sums[op.name].values,
            sums[op.name].clamped / sums[op.name].values,
            decibels(sums[op.name].signal, sums[op.name].noise) if op.name in pairs else None,
        )
        for op in graph.operators
    )
    predicted, quality = np.concatenate(answers.int8), inputs.quality(images)
    if twin is None:
        return Explanation(sample, predicted, quality, layers)
    scores = np.concatenate(answers.scores)
    flips = _flips(sample, predicted, scores)
    return Explanation(sample, predicted, quality, layers, twin.name, scores.argmax(axis=1), flips)


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
