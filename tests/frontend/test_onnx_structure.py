"""What an imported graph looks like: shapes, names, borders, fused clamps, permuted weights, and no transposes left."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from mcugen import ir, reference
from mcugen.fixedpoint import Rounding, quantize_multiplier
from mcugen.frontend.onnx import load
from mcugen.frontend.onnx.context import readable
from mcugen.frontend.onnx.table import OPERATORS, supported
from tests.support.onnx_builder import QdqBuilder


def _kinds(graph: ir.Graph) -> list[str]:
    return [type(op).__name__ for op in graph.operators]


def _initializer(model: onnx.ModelProto, name: str) -> np.ndarray:
    return numpy_helper.to_array(next(t for t in model.graph.initializer if t.name == name))


def test_convolution(tmp_path: Path) -> None:
    net = QdqBuilder(shape=(3, 9, 7))
    net.conv(8, (3, 3), strides=(2, 1), pads=(1, 0, 2, 3), activation="Relu")
    model = net.finish()
    graph = load(net.save(tmp_path))
    (op,) = graph.operators
    assert isinstance(op, ir.Conv2D)
    assert op.window == ir.Window(kernel=(3, 3), stride=(2, 1), padding=(1, 2, 0, 3))
    assert graph.input_tensor.shape == (9, 7, 3)
    assert graph.output_tensor.shape == (5, 8, 8)
    weights = next(_initializer(model, t.name) for t in model.graph.initializer if t.name.startswith("weights"))
    assert np.array_equal(op.weights, weights.transpose(0, 2, 3, 1))
    index = next(i for i, n in enumerate(model.graph.node) if n.op_type == "Conv")
    name = model.graph.node[index].name
    assert (op.source, op.source_index) == (f"Conv '{name}' #{index}", index)
    assert op.name == name.strip("/")
    assert op.requantization.rounding is Rounding.SINGLE
    assert op.requantization.minimum == graph.output_tensor.zero_point == -11


def test_multipliers_come_from_the_float32_scales_in_double_precision(tmp_path: Path) -> None:
    net = QdqBuilder()
    net.conv(5, (3, 3))
    model = net.finish()
    graph = load(net.save(tmp_path))
    (op,) = graph.operators
    assert isinstance(op, ir.Conv2D)
    weight = next(n for n in model.graph.node if n.op_type == "DequantizeLinear" and "weights" in n.input[0])
    scales = _initializer(model, weight.input[1]).astype(np.float64)
    expected = [quantize_multiplier(graph.input_tensor.scale * s / graph.output_tensor.scale) for s in scales]
    found = list(zip(op.requantization.multiplier.tolist(), op.requantization.shift.tolist(), strict=True))
    assert found == expected


def test_bias_is_rounded_half_to_even_where_it_is_float(tmp_path: Path) -> None:
    net = QdqBuilder(shape=(2, 4, 4))
    net.scale = 0.5
    net.current = net.quantize(net.current, 0.5, 0)
    weights = net.dequantized_constant(np.ones((4, 2, 1, 1), np.int8), 0.25)
    bias = net.constant(np.array([0.0625, 0.1875, -0.0625, 1.0], np.float32))
    net.layer(net.add_node("Conv", [net.current, weights, bias]), 2)
    graph = load(net.save(tmp_path))
    op = graph.operators[-1]
    assert isinstance(op, ir.Conv2D)
    assert op.bias.tolist() == [0, 2, 0, 8]


def test_depthwise_multiplier_and_dense_convolution_of_one_channel(tmp_path: Path) -> None:
    net = QdqBuilder(shape=(1, 6, 6))
    net.conv(4, (3, 3), group=1)
    net.depthwise(3)
    graph = load(net.save(tmp_path))
    assert _kinds(graph) == ["Conv2D", "DepthwiseConv2D"]
    depthwise = graph.operators[1]
    assert isinstance(depthwise, ir.DepthwiseConv2D)
    assert depthwise.depth_multiplier == 3
    assert depthwise.weights.shape == (3, 3, 12)


def test_flatten_of_a_map_permutes_weights_and_leaves_no_operator(tmp_path: Path) -> None:
    net = QdqBuilder(shape=(3, 4, 5))
    net.current = net.add_node("Flatten", [net.current])
    net.gemm(60, 2)
    model = net.finish()
    graph = load(net.save(tmp_path))
    (op,) = graph.operators
    assert isinstance(op, ir.FullyConnected)
    weights = next(_initializer(model, t.name) for t in model.graph.initializer if t.name.startswith("weights"))
    assert np.array_equal(op.weights, weights.reshape(2, 3, 4, 5).transpose(0, 2, 3, 1).reshape(2, 60))


def test_reshape_between_maps_of_the_same_channels(tmp_path: Path) -> None:
    net = QdqBuilder(shape=(6, 4, 3))
    net.current = net.add_node("Reshape", [net.current, net.integers(1, 6, 2, -1)])
    net.conv(4)
    graph = load(net.save(tmp_path))
    assert _kinds(graph) == ["Reshape", "Conv2D"]
    assert graph.output_tensor.shape == (2, 6, 4)


@pytest.mark.parametrize("activations", ["int8", "uint8"])
def test_relu_of_the_same_scale_is_fused_into_every_kind_of_layer(activations: str, tmp_path: Path) -> None:
    net = QdqBuilder(shape=(4, 8, 8), activations=activations)
    net.conv(4)
    net.same_scale("Relu")
    shortcut = net.current
    net.depthwise(pads=(1, 1, 1, 1))
    net.same_scale("Relu")
    total = net.add_node("Add", [net.current, shortcut])
    net.current = net.quantize(total, net.scale, net.zero_point)
    net.same_scale("Relu")
    net.rescaled("GlobalAveragePool")
    net.same_scale("Relu")
    net.same_scale("Flatten")
    net.gemm(4, 3)
    net.same_scale("Relu")
    graph = load(net.save(tmp_path))
    assert _kinds(graph) == ["Conv2D", "DepthwiseConv2D", "Add", "AveragePool2D", "FullyConnected"]
    for op in graph.operators:
        clamp = op.arithmetic if isinstance(op, ir.Add) else op.requantization  # type: ignore[attr-defined]
        assert clamp.minimum == graph.tensors[op.output].zero_point
        assert clamp.maximum == 127


def test_relu_is_not_fused_where_its_input_has_another_reader(tmp_path: Path) -> None:
    net = QdqBuilder(shape=(4, 8, 8))
    net.conv(4)
    before = net.current
    net.same_scale("Relu")
    total = net.add_node("Add", [net.current, before])
    net.current = net.quantize(total, net.scale, net.zero_point)
    graph = load(net.save(tmp_path))
    assert _kinds(graph) == ["Conv2D", "Lookup", "Add"]


def test_clip_bounds_are_quantized(tmp_path: Path) -> None:
    net = QdqBuilder(opset=10)
    weights, _ = net.weights((4, 3, 1, 1), False)
    value = net.add_node("Conv", [net.current, weights])
    value = net.add_node("Clip", [value], min=-0.5, max=6.0)
    net.current = net.quantize(value, 0.1, -20)
    graph = load(net.save(tmp_path))
    op = graph.operators[-1]
    assert isinstance(op, ir.Conv2D)
    assert (op.requantization.minimum, op.requantization.maximum) == (-25, 40)


def test_two_readers_that_quantize_the_same_value_share_its_tensor(tmp_path: Path) -> None:
    net = QdqBuilder()
    weights, _ = net.weights((4, 3, 1, 1), False)
    value = net.add_node("Conv", [net.current, weights])
    first, second = net.quantize(value, 0.1, -20), net.quantize(value, 0.1, -20)
    net.current = net.quantize(net.add_node("Add", [first, second]), 0.2, -20)
    graph = load(net.save(tmp_path))
    assert _kinds(graph) == ["Conv2D", "Add"]
    assert graph.operators[1].inputs[0] == graph.operators[1].inputs[1]


def test_weights_quantized_inside_the_file(tmp_path: Path) -> None:
    """The form that fake-quantized training exports: float weights, QuantizeLinear, DequantizeLinear."""
    net = QdqBuilder()
    values = net.random.uniform(-1, 1, (4, 3, 3, 3)).astype(np.float32)
    scale = net.constant(np.full(4, 1 / 127, np.float32))
    zero = net.constant(np.zeros(4, np.int8))
    stored = net.add_node("QuantizeLinear", [net.constant(values), scale, zero], axis=0)
    net.layer(net.add_node("Conv", [net.current, net.add_node("DequantizeLinear", [stored, scale, zero], axis=0)]), 27)
    (op,) = load(net.save(tmp_path)).operators
    assert isinstance(op, ir.Conv2D)
    assert np.array_equal(op.weights, np.rint(values * 127).astype(np.int8).transpose(0, 2, 3, 1))


def test_shape_arithmetic_around_reshape_is_folded(tmp_path: Path) -> None:
    net = QdqBuilder(shape=(3, 4, 5), batch="N")
    shape = net.add_node("Shape", [net.current])
    batch = net.add_node("Gather", [shape, net.constant(np.array(0, np.int64))], axis=0)
    wanted = net.add_node("Concat", [net.add_node("Unsqueeze", [batch, net.integers(0)]), net.integers(-1)], axis=0)
    net.current = net.add_node("Reshape", [net.current, wanted])
    net.gemm(60, 2)
    graph = load(net.save(tmp_path))
    assert _kinds(graph) == ["FullyConnected"]
    assert graph.input_border.shape == (1, 3, 4, 5)


def test_constant_nodes_and_default_zero_points(tmp_path: Path) -> None:
    net = QdqBuilder(activations="uint8")
    scale = net.add_node("Constant", [], value_float=0.1)
    weights, _ = net.weights((4, 3, 1, 1), False)
    stored = net.add_node("QuantizeLinear", [net.add_node("Conv", [net.current, weights]), scale])
    graph = load(net.save(tmp_path, output=net.add_node("DequantizeLinear", [stored, scale])))
    assert graph.output_tensor.zero_point == -128
    assert graph.output_tensor.scale == float(np.float32(0.1))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("kind", ["float32", "int8", "uint8"])
def test_borders(layout: str, kind: str, tmp_path: Path) -> None:
    activations = "int8" if kind == "float32" else kind
    net = QdqBuilder(shape=(3, 6, 4), layout=layout, source=kind, activations=activations)
    weights, _ = net.weights((5, 3, 1, 1), False)
    value = net.add_node("Conv", [net.current, weights])
    stored = net.quantize_only(value, 0.1, net.in_range(7))
    output = net.dequantize(stored, 0.1, net.in_range(7)) if kind == "float32" else stored
    graph = load(net.save(tmp_path, output=output, kind=kind))
    shape = (1, 6, 4, 3) if layout == "NHWC" else (1, 3, 6, 4)
    assert (graph.input_border.shape, graph.input_border.layout) == (shape, layout)
    assert (graph.output_border.shape, graph.output_border.layout) == ((1, 5, 6, 4), "NCHW")
    assert (graph.input_border.dtype, graph.output_border.dtype) == (kind, kind)
    assert graph.input_border.zero_point == (131 if kind == "uint8" else 3)
    assert (graph.input_tensor.zero_point, graph.output_tensor.zero_point) == (3, 7)
    assert graph.input_border.rounding == "half_even"
    image = np.zeros((2, *shape[1:]), kind)
    assert reference.dequantize_output(graph, reference.run(graph, reference.quantize_input(graph, image))).shape == (
        2,
        5,
        6,
        4,
    )


def test_softmax_may_end_the_model_in_float32(tmp_path: Path) -> None:
    net = QdqBuilder(shape=(6,))
    net.gemm(6, 4)
    graph = load(net.save(tmp_path, output=net.add_node("Softmax", [net.current], axis=-1)))
    assert _kinds(graph) == ["FullyConnected", "Softmax"]
    assert (graph.output_border.dtype, graph.output_border.scale, graph.output_tensor.zero_point) == (
        "float32",
        1 / 256,
        -128,
    )


def test_metadata(tmp_path: Path) -> None:
    net = QdqBuilder(shape=(6,))
    net.gemm(6, 3)
    net.metadata["labels"] = "cat, dog,none of both"
    path = net.save(tmp_path, name="animals")
    graph = load(path)
    assert graph.labels == ("cat", "dog", "none of both")
    assert graph.name == "animals"
    assert graph.source_format == "onnx"
    assert graph.source_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    net.metadata["labels"] = "cat, dog"
    assert load(net.save(tmp_path)).labels == ()


def test_labels_of_a_map_are_of_its_channels(tmp_path: Path) -> None:
    net = QdqBuilder()
    net.conv(3)
    net.metadata["labels"] = "nothing,cat,dog"
    assert load(net.save(tmp_path)).labels == ("nothing", "cat", "dog")


def test_nodes_may_come_in_any_order_and_what_nothing_needs_is_ignored(tmp_path: Path) -> None:
    net = QdqBuilder()
    net.conv(4)
    wanted = net.current
    net.add_node("NonMaxSuppression", [net.current])
    net.nodes.reverse()
    assert _kinds(load(net.save(tmp_path, output=wanted))) == ["Conv2D"]


def test_names_are_readable_and_unique(tmp_path: Path) -> None:
    assert readable("/features/features.0/features.0.0/Conv") == "features.0.0/Conv"
    assert readable("/f/f.71/Conv") == "f.71/Conv"
    assert readable("model/conv1/Conv2D") == "model/conv1/Conv2D"
    net = QdqBuilder()
    for name in ("/a/Conv", "/a/Conv", ""):
        weights, _ = net.weights((net.channels, net.channels, 1, 1), False)
        net.layer(net.add_node("Conv", [net.current, weights], name=name), 3)
    names = [op.name for op in load(net.save(tmp_path)).operators]
    assert names[:2] == ["a/Conv", "a/Conv_2"]
    assert names[2].startswith("Conv_")


def test_the_list_of_operators_is_the_table() -> None:
    assert supported() == ", ".join(OPERATORS)
    assert list(OPERATORS) == sorted(OPERATORS)
