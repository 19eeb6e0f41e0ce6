"""A .tflite file by the reference and by TensorFlow Lite Micro, in the file's own types."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mcugen import reference
from mcugen.frontend import load_model
from mcugen.ir import Graph
from tests.support.tflite_oracle import run_micro

IMAGES = 4


def load_bytes(data: bytes, folder: Path) -> Graph:
    path = folder / "model.tflite"
    path.write_bytes(data)
    return load_model(path)


def random_inputs(graph: Graph, seed: int = 5) -> np.ndarray:
    """Images in the file's own type, both extremes of it included."""
    border, random = graph.input_border, np.random.default_rng(seed)
    shape = (IMAGES, *border.shape[1:])
    if border.dtype == "float32":
        images = random.uniform(-2, 2, shape).astype(np.float32)
        # Far outside int8, yet inside int32, to which the kernels convert before they saturate.
        images[-2], images[-1] = -1e4, 1e4
        return images
    limits = np.iinfo(border.dtype)
    images = random.integers(limits.min, limits.max + 1, shape).astype(border.dtype)
    images[-2], images[-1] = limits.min, limits.max
    return images


def assert_equals_oracle(data: bytes, folder: Path) -> Graph:
    graph = load_bytes(data, folder)
    inputs = random_inputs(graph)
    expected = run_micro(data, inputs)
    computed = reference.dequantize_output(graph, reference.run(graph, reference.quantize_input(graph, inputs)))
    assert computed.dtype == expected.dtype
    np.testing.assert_array_equal(computed, expected)
    return graph
