"""Small generated networks against TensorFlow Lite Micro, byte for byte, in the file's own types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tflite

from mcugen import reference
from mcugen.frontend.tflite.load import supported_operators
from mcugen.frontend.tflite.model import OPERATOR_NAMES
from mcugen.ir import Conv2D, DepthwiseConv2D, Lookup, Pad, Reshape
from mcugen.ir.operators.transpose import Transpose
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.frontend.tflite_comparison import assert_equals_oracle, load_bytes, random_inputs
from tests.frontend.tflite_networks import NETWORKS
from tests.support.tflite_builder import NetworkBuilder


@pytest.mark.parametrize("build", NETWORKS.values(), ids=NETWORKS.keys())
@pytest.mark.parametrize("io", ["int8", "uint8", "float32"])
def test_equals_oracle(build: Callable[[NetworkBuilder], None], io: str, tmp_path: Path) -> None:
    net = NetworkBuilder(seed=7, shape=(9, 7, 3), scale=0.05, io=io)
    build(net)
    graph = assert_equals_oracle(net.finish(), tmp_path)
    ends_with_numbers = build in (NETWORKS["largest class"], NETWORKS["largest class of a map"])
    assert (graph.input_border.dtype, graph.output_border.dtype) == (io, "int32" if ends_with_numbers else io)
    assert graph.input_tensor.dtype == graph.output_tensor.dtype == "int8"


NOT_IN_MICRO = {"GELU", "RELU_0_TO_1", "RELU_N1_TO_1", "TILE"}
"""Operators that the runtime has not: `test_tflite_unary.py`, `test_tflite_copies.py`."""

REWRITTEN = (
    "shuffled channels",
    "broadcast",
    "split",
    "axes in another order",
    "lists of boxes",
    "reduced",
    "largest",
    "smallest",
    "logarithms",
    "of unit length",
    "in float",
    "largest class",
    "largest class of a map",
    "transposed same",
    "blocks",
    "MAXIMUM of maps and constants",
    "MUL of constants",
    "ADD of maps",
)
"""Networks whose operators become several of the graph; one that begins with an operator that is a table."""


@pytest.mark.parametrize("name", REWRITTEN)
@pytest.mark.parametrize("target", ["generic", "cortex-m4"])
def test_generated_code_of_what_is_rewritten(name: str, target: str, tmp_path: Path) -> None:
    net = NetworkBuilder(seed=7, shape=(9, 7, 3), scale=0.05)
    NETWORKS[name](net)
    graph = load_bytes(net.finish(), tmp_path)
    images = reference.quantize_input(graph, random_inputs(graph))
    assert_equal_everywhere(graph, images, fold_constants=True, target=target, sanitize=True)


def test_every_supported_operator_is_compared() -> None:
    """One without a network here, or one that only a handler knows, has no proof of its bytes."""
    used = set()
    for build in NETWORKS.values():
        net = NetworkBuilder(seed=7, shape=(9, 7, 3), io="float32")
        build(net)
        model = tflite.Model.GetRootAs(net.finish(), 0)
        codes = (model.OperatorCodes(i) for i in range(model.OperatorCodesLength()))
        used |= {OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())] for code in codes}
    assert used == set(supported_operators()) - NOT_IN_MICRO


@pytest.mark.parametrize("shape", [(12,), (12, 5), (1, 11, 4)])
def test_ranks(shape: tuple[int, ...], tmp_path: Path) -> None:
    net = NetworkBuilder(shape=shape)
    net.reshape((1, net.current.size))
    net.fully_connected(9)
    graph = assert_equals_oracle(net.finish(), tmp_path)
    assert graph.input_tensor.shape == (1, 1, 1, *shape)[-3:]


def test_uint8_borders_of_another_scale_stay_as_tables(tmp_path: Path) -> None:
    net = NetworkBuilder(io="uint8", input_quantization=(0.05, 100))
    net.convolution(5)
    graph = assert_equals_oracle(net.finish(output=(0.7, 17)), tmp_path)
    assert isinstance(graph.operators[0], Lookup)
    assert isinstance(graph.operators[-1], Lookup)
    assert (graph.input_border.zero_point, graph.output_border.zero_point) == (100, 17)


def test_keras_flatten_leaves_only_the_reshape(tmp_path: Path) -> None:
    net = NetworkBuilder()
    NETWORKS["keras flatten"](net)
    graph = load_bytes(net.finish(), tmp_path)
    assert [(type(op).__name__, op.source_index) for op in graph.operators] == [
        ("Conv2D", 0),
        ("Reshape", 4),
        ("FullyConnected", 5),
    ]
    assert isinstance(graph.operators[1], Reshape)


def test_dense_per_pixel_is_a_pointwise_convolution(tmp_path: Path) -> None:
    net = NetworkBuilder()
    net.fully_connected(5, keep_dims=True)
    (op,) = load_bytes(net.finish(), tmp_path).operators
    assert isinstance(op, Conv2D)
    assert op.is_pointwise


def test_depthwise_without_bias(tmp_path: Path) -> None:
    net = NetworkBuilder()
    net.depthwise(2, bias=False)
    (op,) = load_bytes(net.finish(), tmp_path).operators
    assert isinstance(op, DepthwiseConv2D)
    assert op.bias.dtype == np.int32
    assert op.bias.tolist() == [0] * 6


def test_padding_is_kept(tmp_path: Path) -> None:
    net = NetworkBuilder()
    NETWORKS["padded"](net)
    assert isinstance(load_bytes(net.finish(), tmp_path).operators[0], Pad)


@pytest.mark.parametrize("io", ["int8", "uint8", "float32"])
def test_transposes_at_the_borders_cost_nothing(io: str, tmp_path: Path) -> None:
    """Image and map are NCHW in the file and come row by row, channels last."""
    net = NetworkBuilder(shape=(3, 9, 7), scale=0.05, io=io)
    net.transpose((0, 2, 3, 1))
    net.convolution(5)
    net.transpose((0, 3, 1, 2))
    graph = assert_equals_oracle(net.finish(), tmp_path)
    assert [type(op) for op in graph.operators] == [Conv2D]
    assert graph.input_border.layout == graph.output_border.layout == "NCHW"
    assert (graph.input_border.shape, graph.input_tensor.shape) == ((1, 3, 9, 7), (9, 7, 3))
    assert (graph.output_border.shape, graph.output_tensor.shape) == ((1, 5, 9, 7), (9, 7, 5))


def test_a_transposed_float_image(tmp_path: Path) -> None:
    net = NetworkBuilder(shape=(3, 9, 7), io="float32")
    net.file.operators.clear()
    moved = net.file.tensor("moved", (1, 9, 7, 3), "float32")
    net.file.operator("TRANSPOSE", [net.input, net.file.constant("order", [0, 2, 3, 1])], [moved], "TransposeOptions")
    stored = net.map("stored", (1, 9, 7, 3), 0.05, 3)
    net.file.operator("QUANTIZE", [moved], [stored.index], "QuantizeOptions")
    net.current = stored
    net.convolution(5)
    graph = assert_equals_oracle(net.finish(), tmp_path)
    assert [type(op) for op in graph.operators] == [Conv2D]
    assert graph.input_border.layout == "NCHW"


def test_a_transposed_map_that_is_read_again_is_computed(tmp_path: Path) -> None:
    net = NetworkBuilder(shape=(9, 7, 3))
    net.convolution(5)
    moved = net.transpose((0, 3, 1, 2))
    net.current = net.elementwise("ADD", moved, moved)
    graph = load_bytes(net.file.finish([net.input], [moved.index, net.current.index]), tmp_path)
    assert Transpose in [type(op) for op in graph.operators]


def test_open_batch_dimension_is_one(tmp_path: Path) -> None:
    net = NetworkBuilder()
    source = net.current
    output = net.file.tensor("output", source.shape, "int8", 0.02, 3, signature=(-1, *source.shape[1:]))
    net.file.operator("QUANTIZE", [source.index], [output], "QuantizeOptions")
    graph = load_bytes(net.file.finish([net.input], [output]), tmp_path)
    assert graph.output_border.shape == source.shape
