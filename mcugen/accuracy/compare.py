"""Float and int8 over the same images: what each answers, and what each layer keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mcugen import reference
from mcugen.accuracy.clipping import layer_ends
from mcugen.accuracy.input_quality import InputQuality, InputSums
from mcugen.accuracy.measures import decibels
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


@dataclass(frozen=True, eq=False)
class Comparison:
    """stored: the graph's outputs, int8 [N, D]. scores: float's, float32 [N, D], and name, its file's; None without a
    twin."""

    stored: np.ndarray
    scores: np.ndarray | None
    name: str | None
    input: InputQuality
    layers: tuple[LayerQuality, ...]


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


def compare(
    graph: Graph,
    images: np.ndarray,
    twin: FloatTwin | None = None,
    normalization: Normalization | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Comparison:
    """Runs images [N, ...] through the int8 graph, as it was imported, and through its float twin.

    Raises McugenError if the images do not fit the model, or float's scores are not numbers.
    """
    pairs = match_layers(graph, twin.layers) if twin is not None else {}
    observed = tuple(dict.fromkeys(pairs.values()))
    sums = {op.name: _Sums() for op in graph.operators}
    ends = layer_ends(graph)
    answers, inputs = _Answers(), InputSums(graph, normalization, twin)
    for start in range(0, len(images), _BATCH):
        if progress is not None:
            progress("running images", start, len(images))
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
                answers.int8.append(values.reshape(len(values), -1))
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
    return Comparison(
        np.concatenate(answers.int8),
        np.concatenate(answers.scores) if twin is not None else None,
        None if twin is None else twin.name,
        inputs.quality(images),
        layers,
    )
