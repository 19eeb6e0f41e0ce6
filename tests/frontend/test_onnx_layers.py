"""Small nets of every operator and form that the ONNX front end reads, compared as `test_onnx_exactness` explains."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcugen import reference
from mcugen.frontend.onnx import load
from mcugen.frontend.onnx.table import OPERATORS
from mcugen.inputs import proof_images
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.frontend.onnx_networks import NETS, TRANSPOSED, largest_channel, transposed_layers
from tests.frontend.test_onnx_exactness import ORACLES, image_for, largest_difference
from tests.support.onnx_builder import QdqBuilder

FUNCTIONS = {
    "HardSwish": {},
    "HardSigmoid": {"alpha": 1 / 6},
    "Sigmoid": {},
    "Tanh": {},
    "LeakyRelu": {"alpha": 0.3},
    "Elu": {"alpha": 0.8},
    "Abs": {},
    "Celu": {"alpha": 0.6},
    "Erf": {},
    "Exp": {},
    "Gelu": {},
    "Gelu by tanh": {"approximate": "tanh"},
    "Mish": {},
    "Neg": {},
    "Selu": {},
    "Softplus": {},
    "Softsign": {},
}
SINCE = {"Gelu": 20, "Mish": 18}
"""The first opset of functions that came late."""


def test_every_supported_operator_is_compared() -> None:
    used = {node.op_type for build in NETS.values() for node in build().finish().graph.node} | {
        name.split()[0] for name in FUNCTIONS
    }
    assert used | {"ArgMax"} == set(OPERATORS)


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("name", NETS)
def test_every_operator_is_within_one(name: str, oracle: str, tmp_path: Path) -> None:
    net = NETS[name]()
    model = net.finish()
    graph = load(net.save(tmp_path))
    for seed in range(3):
        image = image_for(graph, seed)
        assert largest_difference(model, graph, ORACLES[oracle], image) <= 1


@pytest.mark.parametrize("name", ["transposed", "blocks", "weights wide", "Mul of one channel", "unit length, finer"])
@pytest.mark.parametrize("target", ["generic", "cortex-m4"])
def test_generated_code_of_what_is_rewritten(name: str, target: str, tmp_path: Path) -> None:
    graph = load(NETS[name]().save(tmp_path))
    assert_equal_everywhere(graph, proof_images(graph.input_tensor, 6, 0), fold_constants=True, target=target)


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("options", [(1,), (0,), (0, (9,)), (1, (3, 5, 6), True), (0, (9,), False, "int32")], ids=str)
def test_numbers_of_classes_are_equal(options: tuple[Any, ...], oracle: str, tmp_path: Path) -> None:
    net = largest_channel(*options)
    kind = options[3] if len(options) > 3 else "int64"
    model = net.finish(kind=kind)
    graph = load(net.save(tmp_path, kind=kind))
    assert graph.output_border.dtype == kind
    for seed in range(3):
        image = image_for(graph, seed)
        wanted = ORACLES[oracle](model, "image", image)[model.graph.output[0].name]
        stored = reference.run(graph, reference.quantize_input(graph, image))
        assert np.array_equal(reference.dequantize_output(graph, stored).reshape(wanted.shape), wanted)


@pytest.mark.parametrize("name", TRANSPOSED)
def test_transposed_convolutions_are_within_one(name: str, tmp_path: Path) -> None:
    """Against ONNX Runtime, since onnx's evaluator knows no groups and other padding where it chooses it itself."""
    net = transposed_layers(TRANSPOSED[name])
    model = net.finish()
    graph = load(net.save(tmp_path))
    assert largest_difference(model, graph, ORACLES["onnxruntime"], image_for(graph, 0)) <= 1


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("activations", ["int8", "uint8"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_one_value_are_equal(name: str, activations: str, oracle: str, tmp_path: Path) -> None:
    """All 256 values. Oracles approximate exponentials, which these scales leave no half to decide by."""
    operator = name.split()[0]
    opset = SINCE.get(operator, 17)
    net = QdqBuilder(shape=(1, 16, 16), activations=activations, source=activations, opset=opset)
    net.scale = 0.051
    net.nodes.clear()
    net.current = net.dequantize("image", net.scale, net.zero_point)
    net.current = net.quantize(net.add_node(operator, [net.current], **FUNCTIONS[name]), 0.0113, net.in_range(-30))
    model = net.finish()
    graph = load(net.save(tmp_path))
    image = np.arange(256).astype(activations).reshape(1, 1, 16, 16)
    assert largest_difference(model, graph, ORACLES[oracle], image) == 0


def _softsign_of_infinity(net: QdqBuilder, x: str) -> str:
    return net.add_node("Softsign", [net.add_node("Exp", [x])])


def _bounded_softsign_of_infinity(net: QdqBuilder, x: str) -> str:
    return net.add_node("Relu", [_softsign_of_infinity(net, x)])


def _difference_of_infinities(net: QdqBuilder, x: str) -> str:
    exponential = net.add_node("Exp", [x])
    twice = net.add_node("Mul", [exponential, net.constant(np.array(2, np.float32))])
    return net.add_node("Sub", [exponential, twice])


def _sign(net: QdqBuilder, x: str) -> str:
    return net.add_node("Div", [x, net.add_node("Abs", [x])])


@pytest.mark.parametrize(
    ("function", "where"),
    [(_softsign_of_infinity, 127), (_bounded_softsign_of_infinity, 127), (_difference_of_infinities, 127), (_sign, 3)],
)
def test_what_is_not_a_number_is_the_lowest(
    function: Callable[[QdqBuilder, str], str], where: int, tmp_path: Path
) -> None:
    """Of all 256 values `where` is one that gives NaN, which ONNX Runtime stores as -128."""
    net = QdqBuilder(shape=(1, 16, 16), source="int8")
    net.nodes.clear()
    net.current = net.quantize(function(net, net.dequantize("image", 1.0, net.zero_point)), 0.01, -20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        graph = load(net.save(tmp_path))
    image = np.arange(-128, 128).astype(np.int8).reshape(1, 1, 16, 16)
    stored = reference.run(graph, reference.quantize_input(graph, image)).reshape(-1)
    assert stored[where + 128] == -128
    assert largest_difference(net.finish(), graph, ORACLES["onnxruntime"], image) <= 1
