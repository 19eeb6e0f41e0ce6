"""Before any pass: no sum of the model's own arithmetic leaves int32, or the model is refused by the layer's name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen.compiler import compile_model
from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend import load_model
from mcugen.ir import FullyConnected
from mcugen.passes.intervals import analyze_intervals
from mcugen.passes.prove_sums import largest_shifted, prove_sums
from tests.support.tflite_builder import NetworkBuilder


def written(data: bytes, folder: Path) -> Path:
    path = folder / "model.tflite"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("seed", range(40))
def test_a_layer_of_tiny_output_scale_is_refused(seed: int, tmp_path: Path) -> None:
    """Shifts of 14 and more: int32 wraps in TensorFlow Lite Micro, and intervals of channels must not shrink to one
    value by wrapping themselves."""
    net = NetworkBuilder(seed, shape=(1, 1, 64), scale=0.1)
    net.fully_connected(1, scale=1.5e-8)
    with pytest.raises(UnsupportedModelError, match=r"FULLY_CONNECTED #0\): its sums can reach [\d,]+, past 2\^30"):
        compile_model(written(net.finish(), tmp_path))


def test_a_bias_at_the_end_of_int32_is_refused(tmp_path: Path) -> None:
    net = NetworkBuilder(3, shape=(1, 1, 4))
    net.fully_connected(2, bias=False)
    prove_sums(load_model(written(net.finish(), tmp_path)))
    graph = load_model(written(net.finish(), tmp_path))
    (op,) = graph.operators
    assert isinstance(op, FullyConnected)
    op.bias.flags.writeable = True
    op.bias[1] = (1 << 31) - 1
    with pytest.raises(UnsupportedModelError, match=r"past 2\^31"):
        prove_sums(graph)


def test_shifted_magnitudes_do_not_wrap() -> None:
    assert largest_shifted(np.array([1, (1 << 41) + 1]), np.array([5, 30])) == ((1 << 41) + 1) << 30
    assert largest_shifted(np.array([7, 9]), np.array([-3])) == 9


def test_the_interval_of_a_fully_connected_layer_holds_its_extremes(tmp_path: Path) -> None:
    """Inputs chosen by the signs of the weights reach both ends of every channel's interval."""
    net = NetworkBuilder(5, shape=(2, 3, 4))
    net.fully_connected(6)
    graph = load_model(written(net.finish(), tmp_path))
    (op,) = graph.operators
    assert isinstance(op, FullyConnected)
    reachable = analyze_intervals(graph).accumulators[op.name]
    weights = op.weights.astype(np.int64)
    zero_point = graph.input_tensor.zero_point
    highest = np.where(weights > 0, 127, -128) - zero_point
    lowest = np.where(weights > 0, -128, 127) - zero_point
    np.testing.assert_array_equal(reachable.high, (weights * highest).sum(axis=1) + op.bias)
    np.testing.assert_array_equal(reachable.low, (weights * lowest).sum(axis=1) + op.bias)
