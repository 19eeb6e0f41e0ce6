"""Float against int8: figures that are known beforehand, of a twin made from the int8 model itself."""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.accuracy import accuracy_record, explain, load_sample
from mcugen.accuracy.clipping import layer_ends
from mcugen.accuracy.twin import FloatLayer, match_layers
from mcugen.diagnostics import McugenError
from mcugen.frontend import load_model
from mcugen.ir import Graph

COUNT = 70


class Echo:
    """A twin that computes what the int8 model does, in real numbers, and then moves some of it.

    offset: added to the values of a layer. flipped: images, by number, for which class 0 and 1 change places.
    """

    name = "echo"
    normalization = None

    def __init__(self, graph: Graph, offset: dict[str, float], flipped: Collection[int]) -> None:
        self.graph, self.offset, self.flipped, self.seen = graph, offset, flipped, 0
        self.layers = tuple(FloatLayer(op.name, graph.tensors[op.output].shape, False) for op in graph.operators)

    def run(self, images: np.ndarray, observed: Collection[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        tensor = self.graph.input_tensor
        stored = (np.rint(images / np.float32(tensor.scale)) + tensor.zero_point).astype(np.int8)
        values, scores = {}, np.zeros((0, 0))
        for op, found in reference.evaluate(self.graph, stored):
            output = self.graph.tensors[op.output]
            real = (found.astype(np.float64) - output.zero_point) * output.scale
            if op.name in observed:
                values[op.name] = real + self.offset.get(op.name, 0.0)
            scores = real.reshape(len(images), -1).copy()
        for place in range(len(images)):
            if self.seen + place in self.flipped:
                best = scores[place].argmax()
                scores[place, (best + 1) % 4] = scores[place, best] + 0.25
        self.seen += len(images)
        return scores, values


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Twice as many images as are looked at."""
    images = np.random.default_rng(3).integers(-128, 128, (2 * COUNT, 9, 8, 3)).astype(np.int8)
    np.savez(tmp_path / "data.npz", inputs=images, labels=np.arange(2 * COUNT) % 4)
    return tmp_path / "data.npz"


def test_known_noise_and_flips(tflite_model: Path, archive: Path) -> None:
    graph = load_model(tflite_model)
    sample = load_sample(str(archive), graph, limit=COUNT)
    assert sample.indices.tolist() == list(range(0, 2 * COUNT, 2))
    moved, exact = graph.operators[1], graph.operators[2]
    explanation = explain(graph, sample, Echo(graph, {moved.name: 0.5}, (3, 40)))
    layers = {layer.name: layer for layer in explanation.layers}
    assert layers[exact.name].snr == math.inf
    stored = dict((op.name, values) for op, values in reference.evaluate(graph, sample.dataset.images))
    tensor = graph.tensors[moved.output]
    real = (stored[moved.name].astype(np.float64) - tensor.zero_point) * tensor.scale + 0.5
    assert layers[moved.name].snr == pytest.approx(10 * math.log10(np.mean(real**2) / 0.25))
    counts = layer_ends(graph)[moved.name].count(stored[moved.name])
    assert (layers[moved.name].saturated, layers[moved.name].clamped) == tuple(n / real.size for n in counts)
    assert [flip.index for flip in explanation.flips] == [6, 80]
    for flip in explanation.flips:
        assert flip.float_class == (flip.int8_class + 1) % 4
        assert flip.truth == flip.index % 4
        assert flip.margin == pytest.approx(0.25)

    view = accuracy_record(explanation, 4)
    assert view.float_.agreement == pytest.approx(1 - 2 / COUNT)
    assert np.sum(view.confusion) == COUNT
    assert np.trace(view.confusion) == view.correct
    assert [row.images for row in view.classes] == np.sum(view.confusion, axis=1).tolist()
    assert next(layer for layer in view.layers if layer.layer == exact.name).snr_db is None


def test_scores_that_are_no_numbers(tflite_model: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = load_model(tflite_model)
    twin = Echo(graph, {}, ())
    monkeypatch.setattr(twin, "run", lambda images, observed: (np.full((len(images), 4), np.nan), {}))
    with pytest.raises(McugenError, match="echo: its scores are not all finite"):
        explain(graph, load_sample(str(archive), graph, limit=COUNT), twin)


def test_without_a_twin(tflite_model: Path, archive: Path) -> None:
    graph = load_model(tflite_model)
    view = accuracy_record(explain(graph, load_sample(str(archive), graph, limit=COUNT)), 4)
    assert view.float_ is None
    assert view.flipped is None
    assert {layer.snr_db for layer in view.layers} == {None}


def test_layers_are_matched_by_name_else_in_order(tflite_model: Path) -> None:
    graph = load_model(tflite_model)
    shapes = {op.name: graph.tensors[op.output].shape for op in graph.operators}
    weighted = [op.name for op in graph.operators if hasattr(op, "weights")]
    named = tuple(FloatLayer(name, shape, False) for name, shape in shapes.items())
    assert match_layers(graph, named) == {name: name for name in shapes}
    ordered = tuple(FloatLayer(f"other.{name}", shapes[name], True) for name in weighted)
    assert match_layers(graph, ordered) == {name: f"other.{name}" for name in weighted}
    assert match_layers(graph, ordered[:-1]) == {}
    misshapen = (FloatLayer(weighted[0], (1, 1, 1), True),)
    assert match_layers(graph, misshapen) == {}
