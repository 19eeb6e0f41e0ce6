from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.diagnostics import McugenError
from mcugen.fixedpoint import (
    Requantization,
    Requantizer,
    Rounding,
    differences,
    requantize,
    step_thresholds,
)
from mcugen.ir import (
    Border,
    FullyConnected,
    Graph,
    Reshape,
    Tensor,
    verify,
)
from mcugen.ir.accumulate import accumulator_bound
from mcugen.reference import dequantize_output, evaluate, quantize_input, run
from tests.conftest import TFLITE_MODELS
from tests.fixedpoint.test_steps import requantizations
from tests.support.operators import NAIVE
from tests.support.random_graphs import graphs, random_inputs


@settings(max_examples=150)
@given(graphs(), st.integers(0, 99))
def test_every_operator_is_what_its_docstring_says(graph: Graph, seed: int) -> None:
    x = random_inputs(graph, 2, seed)
    maps = {graph.input: x.astype(np.int64)}
    for op, result in evaluate(graph, x):
        values = [maps[name] for name in op.inputs]
        tensors = [graph.tensors[name] for name in op.inputs]
        output = graph.tensors[op.output]
        expected = NAIVE[type(op)](op, values, tensors, output)
        assert result.dtype == output.dtype
        assert result.shape == (len(x), *output.shape)
        assert np.array_equal(result, expected), op.name
        maps[op.output] = expected
    assert np.array_equal(run(graph, x), maps[graph.output])


@settings(max_examples=30)
@given(graphs())
def test_a_batch_is_its_images_one_by_one(graph: Graph) -> None:
    x = random_inputs(graph, 3, 7)
    whole = run(graph, x)
    assert np.array_equal(np.concatenate([run(graph, x[i : i + 1]) for i in range(len(x))]), whole)
    assert run(graph, x[:0]).shape == (0, *graph.output_tensor.shape)


def _as_unsigned(graph: Graph) -> Graph:
    """The same network with every tensor stored as uint8, all its arithmetic moved by 128."""
    tensors = {
        name: replace(tensor, dtype="uint8", zero_point=tensor.zero_point + 128)
        for name, tensor in graph.tensors.items()
    }
    operators = tuple(op.stored((128,) * len(op.inputs), 128) for op in graph.operators)
    return verify(replace(graph, tensors=tensors, operators=operators))


@settings(max_examples=100)
@given(graphs())
def test_unsigned_storage_is_the_same_function(graph: Graph) -> None:
    x = random_inputs(graph, 3, 5)
    unsigned = (x.astype(np.int16) + 128).astype(np.uint8)
    for (op, signed_result), (_, result) in zip(
        evaluate(graph, x), evaluate(_as_unsigned(graph), unsigned), strict=True
    ):
        assert result.dtype == np.uint8, op.name
        assert np.array_equal(result.astype(np.int16) - 128, signed_result), op.name


# Requantization in float64


def _bounds(requantization: Requantization, seed: int) -> np.ndarray:
    """A bound for every channel, between 1 and what keeps int32 after a left shift."""
    rng = np.random.default_rng(seed)
    limit = ((np.int64(1) << 31) >> np.maximum(requantization.shift, 0)) - 1
    return np.floor(np.exp2(rng.uniform(0, np.log2(limit)))).astype(np.int64)


@settings(max_examples=300)
@given(requantizations(lowest=-31, highest=6), st.integers(0, 1 << 16))
def test_requantization_in_floats_is_exact(requantization: Requantization, seed: int) -> None:
    """Proved over the whole range by its steps; and compared around zero, where both roundings have ties."""
    bound = _bounds(requantization, seed)
    requantizer = Requantizer(requantization, bound.astype(np.float64))
    assert not differences(requantization, lambda x: requantizer(x.astype(np.float64)), -bound, bound).any()
    near = np.clip(np.arange(-2000, 2001)[:, None], -bound, bound)
    assert np.array_equal(requantizer(near.astype(np.float64)), requantize(near, requantization))


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("minimum", [-128, -3, 5])
def test_requantization_in_floats_is_exact_for_many_channels(rounding: Rounding, minimum: int) -> None:
    rng = np.random.default_rng(1)
    channels = 3000
    multiplier, shift = rng.integers(1 << 30, 1 << 31, channels), rng.integers(-31, 7, channels)
    requantization = Requantization(multiplier, shift, rounding, -3, minimum, 127)
    bound = _bounds(requantization, 2)
    requantizer = Requantizer(requantization, bound.astype(np.float64))
    assert not differences(requantization, lambda x: requantizer(x.astype(np.float64)), -bound, bound).any()
    thresholds = np.clip(step_thresholds(requantization).T, -bound, bound)
    assert np.array_equal(requantizer(thresholds.astype(np.float64)), requantize(thresholds, requantization))


@given(st.integers(-128, 127), st.integers(1, 30), st.integers(0, 999))
def test_the_accumulator_bound_is_reached_and_never_passed(zero_point: int, terms: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-128, 128, (3, terms)).astype(np.int8)
    bias = rng.integers(-1000, 1001, 3).astype(np.int32)
    source = Tensor("x", (1, 1, terms), "int8", 1.0, zero_point)
    bound = accumulator_bound(weights, bias, source)
    for channel in range(3):
        extremes = [np.where(weights[channel] > 0, a, b) for a, b in ((127, -128), (-128, 127))]
        sums = [int((x - zero_point) @ weights[channel].astype(np.int64)) for x in extremes]
        assert bound[channel] == max(map(abs, sums)) + abs(int(bias[channel]))


def test_accumulators_past_float32_are_exact() -> None:
    """Sums near 2**31, and odd, so that a float32 sum would round them."""
    terms = 65000
    weights = np.full((2, terms), 127, np.int8)
    weights[1, ::2] = -127
    bias = np.array([1, 1], np.int32)
    requantization = Requantization(np.array([1 << 30]), np.array([-23]), Rounding.SINGLE, 0, -128, 127)
    op = FullyConnected(name="fc", inputs=("x",), output="y", weights=weights, bias=bias, requantization=requantization)
    tensors = {"x": Tensor("x", (1, 1, terms), "int8", 1.0, -128), "y": Tensor("y", (1, 1, 2), "int8", 1.0, 0)}
    border = Border("int8", 1.0, -128, "half_away", "NHWC", (1, terms))
    graph = verify(Graph("wide", tensors, (op,), "x", "y", border, border))
    x = np.random.default_rng(0).integers(-128, 128, (5, 1, 1, terms)).astype(np.int8)
    total = (x.reshape(5, -1).astype(np.int64) + 128) @ weights.T.astype(np.int64) + bias
    assert np.array_equal(run(graph, x)[:, 0, 0], requantize(total, requantization))


# Borders


def _identity(
    tensor_zero_point: int, dtype: str, zero_point: int, rounding: str, layout: str, shape: tuple[int, ...]
) -> Graph:
    """A graph that only moves its input to its output, with the same border on both sides."""
    height, width, channels = (*shape[2:], shape[1]) if layout == "NCHW" else shape[1:]
    tensor = Tensor("x", (height, width, channels), "int8", 0.1, tensor_zero_point)
    op = Reshape(name="reshape", inputs=("x",), output="y")
    border = Border(dtype, 0.1, zero_point, rounding, layout, shape)
    return verify(Graph("identity", {"x": tensor, "y": replace(tensor, name="y")}, (op,), "x", "y", border, border))


def _pixels(values: list[float], dtype: str = "float32") -> np.ndarray:
    return np.array(values, dtype).reshape(1, 1, -1, 1)


def test_float_input_is_rounded_as_the_border_says_and_saturates() -> None:
    scale = np.float32(0.1)
    values = [0.0, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.4999, 1e9, -1e9, np.inf, -np.inf, np.nan]
    x = _pixels(values) * scale
    shape = (1, 1, len(values), 1)
    away = quantize_input(_identity(0, "float32", 0, "half_away", "NHWC", shape), x).ravel().tolist()
    even = quantize_input(_identity(0, "float32", 0, "half_even", "NHWC", shape), x).ravel().tolist()
    tail = [0, 127, -128, 127, -128, -128]
    exact = (x / scale).ravel().tolist()
    assert exact[:7] == values[:7]
    assert away == [0, 1, 2, 3, -1, -2, -3, *tail]
    assert even == [0, 0, 2, 2, 0, -2, -2, *tail]


def test_float_rounding_does_not_round_twice() -> None:
    """0.49999997 + 0.5 is 1 in float32; the value still rounds to 0."""
    below_half = np.nextafter(np.float32(0.5), np.float32(0))
    tensor = Tensor("x", (1, 1, 2), "int8", 1.0, 3)
    border = Border("float32", 1.0, 3, "half_away", "NHWC", (1, 2))
    op = Reshape(name="reshape", inputs=("x",), output="y")
    graph = Graph("identity", {"x": tensor, "y": replace(tensor, name="y")}, (op,), "x", "y", border, border)
    assert quantize_input(graph, np.array([[below_half, -below_half]])).ravel().tolist() == [3, 3]


def test_unsigned_border_is_moved_by_the_zero_points() -> None:
    graph = _identity(-28, "uint8", 100, "half_away", "NHWC", (1, 1, 3, 1))
    x = _pixels([0, 100, 255], "uint8")
    stored = quantize_input(graph, x)
    assert stored.ravel().tolist() == [-128, -28, 127]
    back = dequantize_output(graph, run(graph, stored))
    assert back.dtype == np.uint8
    assert np.array_equal(back, x)


def test_channels_first_border_is_turned_and_turned_back() -> None:
    graph = _identity(-7, "float32", 121, "half_even", "NCHW", (1, 3, 4, 5))
    stored = np.random.default_rng(0).integers(-128, 128, (6, 4, 5, 3)).astype(np.int8)
    real = dequantize_output(graph, stored)
    assert real.shape == (6, 3, 4, 5)
    assert real.dtype == np.float32
    assert real[2, 1, 3, 4] == np.float32(0.1) * (int(stored[2, 3, 4, 1]) + 7)
    assert np.array_equal(quantize_input(graph, real), stored)


def test_wrong_arrays_are_refused_in_one_line() -> None:
    graph = _identity(0, "float32", 0, "half_away", "NCHW", (1, 3, 4, 5))
    good = np.zeros((2, 3, 4, 5), np.float32)
    for array in (good.astype(np.float64), good.transpose(0, 2, 3, 1), good[0], good[:, :2]):
        with pytest.raises(McugenError, match="the input of identity is"):
            quantize_input(graph, array)
    stored = quantize_input(graph, good)
    for array in (stored.astype(np.int32), stored[0], stored[:, :2], stored.view(np.uint8)):
        with pytest.raises(McugenError, match="the input of identity is"):
            next(evaluate(graph, array))
        with pytest.raises(McugenError, match="the output of identity is"):
            dequantize_output(graph, array)


# Models of the workplace

Loader = Callable[[str], Graph]
Vectors = Callable[[str], dict[str, np.ndarray]]


@pytest.mark.parametrize("name", TFLITE_MODELS)
def test_outputs_and_every_layer_equal_tensorflow_lite_micro(
    name: str, load_model: Loader, load_vectors: Vectors
) -> None:
    graph, vectors = load_model(f"{name}.tflite"), load_vectors(name)
    checksums = vectors["op_output_crc32"]
    compared = set()
    x = quantize_input(graph, vectors["inputs"])
    for op, result in evaluate(graph, x):
        if op.source_index is None:
            continue
        compared.add(op.source_index)
        found = [zlib.crc32(np.ascontiguousarray(image).tobytes()) for image in result]
        assert found == checksums[:, op.source_index].tolist(), f"{op.name}, {op.source}"
    assert compared == set(range(checksums.shape[1]))
    assert np.array_equal(dequantize_output(graph, run(graph, x)), vectors["outputs"])


@pytest.mark.parametrize("name", TFLITE_MODELS)
def test_random_inputs_equal_the_tflite_micro_package(name: str, models: Path, load_model: Loader) -> None:
    from tests.support.tflite_oracle import run_micro

    graph = load_model(f"{name}.tflite")
    x = random_inputs(graph, 3, seed=11)
    images = x.reshape(len(x), *graph.input_border.shape[1:])
    expected = run_micro((models / f"{name}.tflite").read_bytes(), images)
    assert np.array_equal(run(graph, x).ravel(), expected.ravel())
