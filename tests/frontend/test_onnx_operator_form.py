"""Models of onnxruntime's own quantizer, in operator form and in QDQ form, against onnxruntime."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mcugen import ir, reference
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx import load
from mcugen.frontend.onnx.operator_form import operators
from tests.support.needs import module

SHAPE = (3, 16, 16)


class FloatNet:
    """A small float network of random weights, node by node; the batch is open and named."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(0)
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def weights(self, *shape: int) -> str:
        name = f"weights_{len(self.initializers)}"
        values = self.random.normal(0, 0.3, shape).astype(np.float32)
        self.initializers.append(numpy_helper.from_array(values, name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def conv(self, source: str, inputs: int, outputs: int, size: int, group: int = 1, stride: int = 1) -> str:
        operands = (source, self.weights(outputs, inputs // group, size, size), self.weights(outputs))
        pads = [size // 2] * 4
        done = self.node("Conv", *operands, group=group, kernel_shape=[size] * 2, strides=[stride] * 2, pads=pads)
        return self.node("Relu", done)

    def save(self, path: Path, output: str, classes: int) -> None:
        graph = helper.make_graph(
            self.nodes,
            "net",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", *SHAPE])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N", classes])],
            self.initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        path.write_bytes(model.SerializeToString())


def _classifier(net: FloatNet) -> str:
    first = net.conv("image", 3, 8, 3, stride=2)
    second = net.conv(net.conv(first, 8, 8, 3, group=8), 8, 8, 1)
    pooled = net.node("MaxPool", net.node("Add", second, first), kernel_shape=[2, 2], strides=[2, 2])
    flat = net.node("Flatten", net.node("GlobalAveragePool", pooled))
    return net.node("Softmax", net.node("Gemm", flat, net.weights(5, 8), net.weights(5), transB=1), axis=1)


def _other_operators(net: FloatNet) -> str:
    leaky = net.node("LeakyRelu", net.node("Conv", "image", net.weights(6, 3, 3, 3), kernel_shape=[3, 3]), alpha=0.1)
    pooled = net.node("AveragePool", leaky, kernel_shape=[2, 2], strides=[2, 2])
    flat = net.node("Flatten", net.node("GlobalAveragePool", pooled))
    return net.node("Sigmoid", net.node("MatMul", flat, net.weights(6, 5)))


def _quantized(path: Path, build: Callable[[FloatNet], str], **options: Any) -> Path:
    """The float network's file, quantized by onnxruntime with random images."""
    quantization = module("onnxruntime.quantization")
    net = FloatNet()
    output = build(net)
    net.save(path.with_suffix(".float.onnx"), output, 5)
    random = np.random.default_rng(1)

    class Images(quantization.CalibrationDataReader):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            self.images: Iterator[np.ndarray] = iter(random.normal(0, 1, (8, 1, *SHAPE)).astype(np.float32))

        def get_next(self) -> dict[str, np.ndarray] | None:
            image = next(self.images, None)
            return None if image is None else {"image": image}

    settings = {name: getattr(quantization.QuantType, kind) for name, kind in options.pop("types", {}).items()}
    form = getattr(quantization.QuantFormat, options.pop("form"))
    quantization.quantize_static(
        path.with_suffix(".float.onnx"), path, Images(), quant_format=form, reduce_range=True, **settings, **options
    )
    return path


def _largest_difference(path: Path, graph: ir.Graph) -> float:
    """Of the outputs of 20 random images, in steps of the output."""
    session = module("onnxruntime").InferenceSession(path, providers=["CPUExecutionProvider"])
    images = np.random.default_rng(2).normal(0, 1, (20, 1, *SHAPE)).astype(np.float32)
    expected = np.concatenate([session.run(None, {"image": image})[0] for image in images])
    stored = np.concatenate([reference.quantize_input(graph, image) for image in images])
    got = reference.run(graph, stored).reshape(len(images), -1).astype(np.float64)
    border = graph.output_border
    real = (got - graph.output_tensor.zero_point) * border.scale
    return float(np.abs(real - expected).max() / border.scale)


@pytest.mark.parametrize("per_channel", [False, True], ids=["per tensor", "per channel"])
@pytest.mark.parametrize("activations", ["QUInt8", "QInt8"])
@pytest.mark.parametrize("form", ["QOperator", "QDQ"])
@pytest.mark.parametrize("build", [_classifier, _other_operators])
def test_equals_onnxruntime(
    build: Callable[[FloatNet], str], form: str, activations: str, per_channel: bool, tmp_path: Path
) -> None:
    types = {"activation_type": activations, "weight_type": "QInt8"}
    path = _quantized(tmp_path / "net.onnx", build, form=form, types=types, per_channel=per_channel)
    graph = load(path)
    assert graph.input_border.shape == (1, *SHAPE)
    # One step where a sum lies halfway between two: onnxruntime rounds a float32 product.
    assert _largest_difference(path, graph) < 1.01


def test_layers_are_called_what_the_file_calls_them(tmp_path: Path) -> None:
    types = {"activation_type": "QUInt8", "weight_type": "QInt8"}
    path = _quantized(tmp_path / "net.onnx", _classifier, form="QOperator", types=types)
    kinds = {node.op_type for node in onnx.load(path).graph.node}
    assert kinds & set(operators()) == {
        "QLinearConv", "QLinearAdd", "QLinearGlobalAveragePool", "QGemm", "QLinearSoftmax",
    }  # fmt: skip
    sources = [op.source for op in load(path).operators]
    assert sources[0].startswith("QLinearConv 'conv_0_quant' #")
    assert any(source.startswith("QGemm ") for source in sources)


def test_dynamic_quantization_is_refused_with_what_to_do(tmp_path: Path) -> None:
    net = FloatNet()
    net.save(tmp_path / "float.onnx", _classifier(net), 5)
    module("onnxruntime.quantization").quantize_dynamic(tmp_path / "float.onnx", tmp_path / "net.onnx")
    with pytest.raises(UnsupportedModelError, match=r"dynamic quantization, .* while the model runs") as refused:
        load(tmp_path / "net.onnx")
    assert "quantize_static" in (refused.value.hint or "")


def _raw(kind: str, inputs: list[str], domain: str = "") -> bytes:
    node = helper.make_node(kind, inputs, ["out"], name="q", domain=domain)
    image = helper.make_tensor_value_info("image", TensorProto.INT8, [1, 3, 8, 8])
    graph = helper.make_graph([node], "net", [image], [helper.make_tensor_value_info("out", TensorProto.INT8, None)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]).SerializeToString()


@pytest.mark.parametrize("kind", operators())
def test_operators_without_their_inputs_are_damaged(kind: str, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(_raw(kind, ["image"]))
    with pytest.raises(ModelFormatError, match=f"{kind} 'q' #0: it lacks"):
        load(tmp_path / "net.onnx")


def test_other_operators_of_the_form_are_refused_with_those_that_are_read(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(_raw("QLinearWhere", ["image"]))
    with pytest.raises(UnsupportedModelError, match="QLinearWhere 'q' #0: not supported") as refused:
        load(tmp_path / "net.onnx")
    assert "QLinearConv" in (refused.value.hint or "")


def test_scales_that_are_computed_are_refused(tmp_path: Path) -> None:
    inputs = ["image", "image", "", "image", "image", "", "image", "", "image"]
    (tmp_path / "net.onnx").write_bytes(_raw("QLinearConv", inputs))
    with pytest.raises(UnsupportedModelError, match="its scale 'image' is computed"):
        load(tmp_path / "net.onnx")
