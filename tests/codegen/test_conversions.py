"""quantize() and dequantize() of the C code against the reference, on every kind of float."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mcugen.compiler import compile_model
from mcugen.ir import Border, Graph
from mcugen.reference import dequantize_output, quantize_input
from tests.codegen.building import Loaded, zoo


def bordered(scale: float, zero_point: int, rounding: str) -> Graph:
    """One value in and out, float32 at both borders."""
    graph = zoo("one_value")
    tensors = {
        name: replace(tensor, scale=scale, zero_point=zero_point) if name == graph.input else tensor
        for name, tensor in graph.tensors.items()
    }
    output = graph.output_tensor
    return replace(
        graph,
        tensors=tensors,
        input_border=Border("float32", scale, zero_point, rounding, "NHWC", (1, 1, 1, 1)),
        output_border=Border("float32", output.scale, output.zero_point, rounding, "NHWC", (1, 1, 1, 1)),
    )


def edge_floats(scale: float) -> np.ndarray:
    """float32: ties and their neighbours in units of the scale, specials, denormals, and any bits at all."""
    ties = (np.arange(-700, 701) / 2).astype(np.float32) * np.float32(scale)
    around = [np.nextafter(ties, np.float32(direction)) for direction in (-np.inf, np.inf)]
    exact = (np.arange(-700, 701) / 2 * scale).astype(np.float32)
    limits = np.finfo(np.float32)
    tiny = [
        0.0,
        -0.0,
        1e-45,
        -1e-45,
        limits.tiny,
        -limits.tiny,
        limits.max,
        limits.min,
        np.inf,
        -np.inf,
        np.nan,
        -np.nan,
    ]
    rng = np.random.default_rng(3)
    bits = rng.integers(0, 1 << 32, 4000, dtype=np.uint64).astype(np.uint32).view(np.float32)
    return np.concatenate([ties, *around, exact, np.array(tiny, np.float32), bits])


@pytest.mark.parametrize("rounding", ["half_away", "half_even"])
@pytest.mark.parametrize(
    ("scale", "zero_point"),
    [(1.0, 0), (0.0078125, -128), (1 / 255, -128), (0.019607844, 127), (3.7e-3, -5), (1e30, 3), (1e-38, 0)],
)
def test_quantize(scale: float, zero_point: int, rounding: str, tmp_path: Path) -> None:
    graph = bordered(float(np.float32(scale)), zero_point, rounding)
    net = Loaded(compile_model(graph, name="net").library, tmp_path)
    floats = edge_floats(scale)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        expected = quantize_input(graph, floats.reshape(-1, 1, 1, 1)).reshape(-1)
    got = np.array([net.dll.net_quantize(value) for value in floats.tolist()], np.int8)
    wrong = np.flatnonzero(got != expected)
    assert len(wrong) == 0, f"{floats[wrong[:5]]} became {got[wrong[:5]]} instead of {expected[wrong[:5]]}"
    assert len(np.unique(got)) > 1


@pytest.mark.parametrize("name", ["everything_double", "everything_single", "one_value"])
def test_dequantize(name: str, tmp_path: Path) -> None:
    """Every int8, bit for bit."""
    graph = zoo(name)
    tensor = graph.output_tensor
    border = Border("float32", tensor.scale, tensor.zero_point, "half_away", "NHWC", (1, *tensor.shape))
    graph = replace(graph, output_border=border)
    net = Loaded(compile_model(graph, name="net").library, tmp_path)
    stored = np.arange(-128, 128).astype(np.int8)
    maps = np.broadcast_to(stored[:, None, None, None], (256, *tensor.shape))
    expected = dequantize_output(graph, maps).reshape(256, -1)[:, 0]
    got = np.array([net.dll.net_dequantize(value) for value in stored.tolist()], np.float32)
    assert np.array_equal(got.view(np.uint32), expected.view(np.uint32))
