"""The shared .tflite models: structure, costs, and every operator's output against recorded checksums."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcugen import reference
from mcugen.frontend import load_model
from mcugen.frontend.tflite.load import supported_operators
from mcugen.ir import Conv2D, DepthwiseConv2D, FullyConnected, Graph, verify

MODELS = Path(__file__).resolve().parents[2].parent / "shared" / "models"
MANIFEST = MODELS / "manifest.json"

pytestmark = pytest.mark.needs("shared-models")


def _entries() -> list[dict[str, Any]]:
    if not MANIFEST.exists():
        return []
    return [entry for entry in json.loads(MANIFEST.read_text()) if entry["file"].endswith(".tflite")]


@pytest.fixture(params=_entries(), ids=lambda entry: entry["name"])
def entry(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


@pytest.fixture
def graph(entry: dict[str, Any]) -> Graph:
    return load_model(MODELS / entry["file"])


def _macs(graph: Graph) -> int:
    total = 0
    for op in graph.operators:
        output = graph.tensors[op.output]
        if isinstance(op, Conv2D | FullyConnected):
            total += output.size * op.weights[0].size
        elif isinstance(op, DepthwiseConv2D):
            total += output.size * op.weights[..., 0].size
    return total


def _parameters(graph: Graph) -> int:
    weighted = [op for op in graph.operators if isinstance(op, Conv2D | DepthwiseConv2D | FullyConnected)]
    return sum(op.weights.size + op.bias.size for op in weighted)


def test_operators_and_costs(graph: Graph, entry: dict[str, Any]) -> None:
    verify(graph)
    assert Counter(op.source.split()[0] for op in graph.operators) == entry["op_counts"]
    assert [op.source_index for op in graph.operators] == list(range(sum(entry["op_counts"].values())))
    assert _macs(graph) == entry["macs"]
    assert _parameters(graph) == entry["params"]


def test_borders(graph: Graph, entry: dict[str, Any]) -> None:
    border, expected = graph.input_border, entry["input"]
    assert list(border.shape) == expected["shape"]
    assert list(graph.input_tensor.shape) == expected["shape"][1:]
    assert (border.dtype, border.scale, border.zero_point) == ("int8", expected["scale"], expected["zero_point"])
    assert (border.layout, border.rounding) == ("NHWC", "half_away")
    border, expected = graph.output_border, entry["output"]
    assert graph.output_tensor.shape == (1, 1, *expected["shape"])
    assert (border.dtype, border.scale, border.zero_point) == ("int8", expected["scale"], expected["zero_point"])


def test_origin(graph: Graph, entry: dict[str, Any]) -> None:
    assert graph.name == entry["name"]
    assert graph.source_format == "tflite"
    assert len(graph.source_sha256) == 64
    assert graph.labels == ()


def test_names_are_short_and_unique(graph: Graph) -> None:
    names = [op.name for op in graph.operators]
    assert len(set(names)) == len(names)
    assert all(0 < len(name) <= 43 and not set(name) & set("/;: ") for name in names)


def test_every_operator_is_exact(graph: Graph, entry: dict[str, Any]) -> None:
    with np.load((MODELS / entry["file"]).with_suffix(".npz")) as vectors:
        inputs, outputs, checksums = vectors["inputs"], vectors["outputs"], vectors["op_output_crc32"]
    computed = np.zeros_like(checksums)
    result = inputs
    for op, result in reference.evaluate(graph, inputs):
        computed[:, op.source_index] = [zlib.crc32(image.astype(np.int8).tobytes()) for image in result]
    differing = [op.name for op in graph.operators if np.any((computed != checksums)[:, op.source_index])]
    assert differing == []
    np.testing.assert_array_equal(result.reshape(outputs.shape), outputs)


def test_names_of_known_models() -> None:
    names = [op.name for op in load_model(MODELS / "vww_96_int8.tflite").operators]
    assert names[:3] == ["conv2d", "depthwise_conv2d", "conv2d_1"]
    assert names[-4:] == ["average_pooling2d", "flatten", "dense", "softmax"]
    names = [op.name for op in load_model(MODELS / "person_detect.tflite").operators]
    assert names[:2] == ["Conv2d_0", "Conv2d_1_depthwise"]


def test_supported_operators_come_from_the_tables() -> None:
    assert {"CONV_2D", "SOFTMAX", "STRIDED_SLICE", "DEQUANTIZE"} <= set(supported_operators())
