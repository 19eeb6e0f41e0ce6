"""What the type cuts off and what the activation does: told apart at the same stored value."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mcugen.accuracy.clipping import Ends, layer_ends
from mcugen.frontend import load_model as load
from mcugen.ir import Graph
from tests.support.onnx_builder import QdqBuilder
from tests.support.tflite_builder import NetworkBuilder


def one_layer(directory: Path, activation: str, scale: float, zero_point: int) -> Ends:
    """The ends of a convolution with this activation and output."""
    net = NetworkBuilder(seed=1)
    net.convolution(4, activation=activation, scale=scale, zero_point=zero_point)
    (directory / "net.tflite").write_bytes(net.finish())
    return next(iter(layer_ends(load(directory / "net.tflite")).values()))


@pytest.mark.parametrize(
    ("activation", "scale", "zero_point", "saturated", "clamped"),
    [
        # The range ends at 6 exactly, behind 6, and before it.
        ("RELU6", 6 / 255, -128, (), (127,)),
        ("RELU6", 0.04, -128, (), (22,)),
        ("RELU6", 0.02, -128, (127,), ()),
        # Zero inside the type: a ReLU's zero counts as neither.
        ("RELU6", 0.1, -10, (), (50,)),
        ("RELU", 0.1, -10, (127,), ()),
        ("NONE", 0.1, -10, (-128, 127), ()),
        # Half a step is lost to rounding, not to the range.
        ("RELU_N1_TO_1", 2 / 255, 0, (), (-127, 127)),
        # What quantizers leave of activations that they drop.
        ("NONE", 0.02, -128, (127,), ()),
        ("NONE", 6 / 255, -128, (), (127,)),
        ("RELU", 6 / 255, -128, (), (127,)),
    ],
)
def test_ends_of_a_layer(
    tmp_path: Path, activation: str, scale: float, zero_point: int, saturated: tuple, clamped: tuple
) -> None:
    assert one_layer(tmp_path, activation, scale, zero_point) == Ends(saturated, clamped)


def test_counts() -> None:
    values = np.array([[-128, 127, 127], [22, 0, 22]], np.int8)
    assert Ends((-128, 127), (22,)).count(values) == (3, 2)
    assert Ends((), ()).count(values) == (0, 0)


def test_what_moves_values_has_the_bounds_of_what_it_moves(tmp_path: Path) -> None:
    net = NetworkBuilder(seed=1)
    net.convolution(4, activation="RELU6", scale=0.04, zero_point=-128)
    net.pool("MAX", kernel=(2, 2), stride=(2, 2))
    net.mean()
    net.softmax()
    (tmp_path / "net.tflite").write_bytes(net.finish())
    ends = list(layer_ends(load(tmp_path / "net.tflite")).values())
    assert ends[1] == Ends((), (22,))
    # Probabilities end at 1, wherever the type does.
    assert ends[-1] == Ends((), ())


def test_onnx_layers_know_their_activation_too(tmp_path: Path) -> None:
    net = QdqBuilder(opset=10)
    weights, _ = net.weights((4, 3, 1, 1), False)
    value = net.add_node("Clip", [net.add_node("Conv", [net.current, weights])], min=-0.5, max=6.0)
    net.current = net.quantize(value, 0.1, -20)
    (op,) = load(net.save(tmp_path)).operators
    assert op.activation == (-0.5, 6.0)
    assert layer_ends(load(net.save(tmp_path)))[op.name] == Ends((), (-25, 40))


def test_a_clamp_of_its_own_that_becomes_its_layers(tmp_path: Path) -> None:
    net = QdqBuilder()
    net.conv(4)
    net.same_scale("Relu")
    (op,) = load(net.save(tmp_path)).operators
    assert op.activation == (0.0, math.inf)


def test_a_relu6_that_fills_its_range_is_not_saturated(load_model: Callable[[str], Graph]) -> None:
    """person_detect: most outputs end at 6, and much of the noise that layers are shown is clamped there."""
    ends = layer_ends(load_model("person_detect.tflite"))
    assert ends["Conv2d_0"] == Ends((), (127,))
