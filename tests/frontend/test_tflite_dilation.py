"""Dilated convolutions that are spelled as convolutions of a batch, against LiteRT's reference kernels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mcugen import reference
from mcugen.ir import Conv2D
from tests.frontend.tflite_comparison import load_bytes, random_inputs
from tests.support.litert_oracle import run_litert
from tests.support.tflite_builder import NetworkBuilder


def test_padded_images(tmp_path: Path) -> None:
    """By TensorFlow Lite's kernels, as TensorFlow Lite Micro's pads with what its memory held."""
    net = NetworkBuilder(shape=(9, 7, 3), scale=0.05)
    net.images((2, 3), ((2, 3), (3, 5)))
    net.convolution(6, padding="VALID", activation="RELU6")
    net.image((2, 3), ((0, 1), (0, 2)))
    data = net.finish()
    graph = load_bytes(data, tmp_path)
    assert [type(op) for op in graph.operators] == [Conv2D]
    images = random_inputs(graph)
    stored = reference.run(graph, reference.quantize_input(graph, images))
    np.testing.assert_array_equal(stored, run_litert(data, images))
