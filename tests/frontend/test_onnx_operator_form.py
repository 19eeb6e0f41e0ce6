"""Models of onnxruntime's own quantizer, in operator form and in QDQ form, against onnxruntime."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mcugen import ir, reference
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx import load
from mcugen.frontend.onnx.operator_form import operators
from tests.support.float_onnx import SHAPE, FloatNet
from tests.support.needs import module


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


def _joined(net: FloatNet) -> str:
    """Products, maps joined along channels, a function of each value."""
    wide, narrow = net.conv("image", 3, 8, 3, stride=2), net.conv("image", 3, 8, 1, stride=2)
    joined = net.node("Concat", net.node("Mul", wide, narrow), wide, narrow, axis=1)
    gates = net.node("Sigmoid", net.node("Conv", joined, net.weights(4, 24, 1, 1), kernel_shape=[1, 1]))
    flat = net.node("Flatten", net.node("GlobalAveragePool", gates))
    return net.node("Softmax", net.node("MatMul", flat, net.weights(4, 5)), axis=-1)


NETS = {"classifier": _classifier, "other operators": _other_operators, "joined": _joined}


def _quantized(path: Path, build: Callable[[FloatNet], str], **options: Any) -> Path:
    """The float network's file, quantized by onnxruntime with random images."""
    quantization = module("onnxruntime.quantization")
    net = FloatNet()
    output = build(net)
    net.save(path.with_suffix(".float.onnx"), output, 5, options.pop("opset", 13))
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
        path.with_suffix(".float.onnx"),
        path,
        Images(),
        quant_format=form,
        **settings,
        **{"reduce_range": True, **options},
    )
    return path


def _largest_difference(path: Path, graph: ir.Graph) -> float:
    """Of the outputs of 20 random images, in steps of the output."""
    onnxruntime = module("onnxruntime")
    settings = onnxruntime.SessionOptions()
    settings.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
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
@pytest.mark.parametrize("build", NETS.values(), ids=NETS.keys())
def test_equals_onnxruntime(
    build: Callable[[FloatNet], str], form: str, activations: str, per_channel: bool, tmp_path: Path
) -> None:
    types = {"activation_type": activations, "weight_type": "QInt8"}
    path = _quantized(tmp_path / "net.onnx", build, form=form, types=types, per_channel=per_channel)
    graph = load(path)
    assert graph.input_border.shape == (1, *SHAPE)
    # One step where a sum lies halfway between two: onnxruntime rounds a float32 product.
    assert _largest_difference(path, graph) < 1.01


OPTIONS: dict[str, dict[str, Any]] = {
    "symmetric activations": {"extra_options": {"ActivationSymmetric": True}},
    "weights of the whole range": {"reduce_range": False},
    "weights with zero points": {"extra_options": {"WeightSymmetric": False}, "reduce_range": False},
    "uint8 weights": {"weights": "QUInt8", "reduce_range": False},
    "uint8 weights per channel": {"weights": "QUInt8", "per_channel": True, "reduce_range": False},
    "a pair for each reader": {"extra_options": {"DedicatedQDQPair": True}},
    "weights behind a pair": {"extra_options": {"AddQDQPairToWeight": True}, "per_channel": True},
    "float biases": {"extra_options": {"QuantizeBias": False}},
    "inputs forced": {"extra_options": {"ForceQuantizeNoInputCheck": True}, "form": "QOperator"},
    "operator form, uint8 weights": {"weights": "QUInt8", "form": "QOperator", "reduce_range": False},
    "opset 15": {"opset": 15, "per_channel": True},
    "opset 17": {"opset": 17},
    "opset 18": {"opset": 18, "per_channel": True, "form": "QOperator"},
    "opset 19": {"opset": 19, "per_channel": True},
    "opset 20": {"opset": 20},
    "opset 21": {"opset": 21, "per_channel": True},
    "opset 21, operator form": {"opset": 21, "form": "QOperator"},
}


@pytest.mark.parametrize("build", [_classifier, _joined])
@pytest.mark.parametrize("name", OPTIONS)
def test_options_of_the_quantizer(name: str, build: Callable[[FloatNet], str], tmp_path: Path) -> None:
    options = dict(OPTIONS[name])
    # Operator form has no int8 activations beside uint8 weights, and none where maps are joined.
    unsigned = options.get("form") == "QOperator" or "weights" in options
    types = {"activation_type": "QUInt8" if unsigned else "QInt8", "weight_type": options.pop("weights", "QInt8")}
    path = _quantized(tmp_path / "net.onnx", build, **{"form": "QDQ", "types": types, **options})
    assert _largest_difference(path, load(path)) < 1.01


def test_every_operator_of_the_form_is_written_by_the_quantizer(tmp_path: Path) -> None:
    types = {"activation_type": "QUInt8", "weight_type": "QInt8"}
    kinds = set()
    for name, build in NETS.items():
        path = _quantized(tmp_path / f"{name}.onnx", build, form="QOperator", types=types)
        kinds |= {node.op_type for node in onnx.load(path).graph.node}
    # The one that remains stands in files of other tools.
    assert set(operators()) - kinds == {"QLinearReduceMean"}


def test_layers_are_called_what_the_file_calls_them(tmp_path: Path) -> None:
    types = {"activation_type": "QUInt8", "weight_type": "QInt8"}
    path = _quantized(tmp_path / "net.onnx", _classifier, form="QOperator", types=types)
    kinds = {node.op_type for node in onnx.load(path).graph.node}
    assert kinds & set(operators()) == {
        "QLinearConv", "QLinearAdd", "QLinearGlobalAveragePool", "QGemm", "QLinearSoftmax",
    }  # fmt: skip
    sources = [op.source for op in load(path).operators]
    assert sources[0].startswith("QLinearConv '/conv_0_quant' #")
    assert any(source.startswith("QGemm ") for source in sources)


def test_dynamic_quantization_is_refused_with_what_to_do(tmp_path: Path) -> None:
    net = FloatNet()
    net.save(tmp_path / "float.onnx", _classifier(net), 5)
    module("onnxruntime.quantization").quantize_dynamic(tmp_path / "float.onnx", tmp_path / "net.onnx")
    with pytest.raises(UnsupportedModelError, match=r"dynamic quantization, .* while the model runs") as refused:
        load(tmp_path / "net.onnx")
    assert "quantize_static" in (refused.value.hint or "")


def _raw(kind: str, inputs: list[str], constants: Mapping[str, Any] = MappingProxyType({}), **attributes: Any) -> bytes:
    node = helper.make_node(kind, inputs, ["out"], name="q", **attributes)
    image = helper.make_tensor_value_info("image", TensorProto.INT8, [1, 3, 8, 8])
    output = helper.make_tensor_value_info("out", TensorProto.INT8, None)
    initializers = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph([node], "net", [image], [output], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]).SerializeToString()


def test_means_of_the_operator_form(tmp_path: Path) -> None:
    numbers = {"scale": np.float32(0.02), "zero": np.int8(5), "to": np.float32(0.013), "at": np.int8(-9)}
    constants = {name: np.array(value) for name, value in numbers.items()}
    inputs = ["image", "scale", "zero", "to", "at"]
    data = _raw("QLinearReduceMean", inputs, constants, domain="com.microsoft", axes=[2, 3], keepdims=1)
    (tmp_path / "net.onnx").write_bytes(data)
    graph = load(tmp_path / "net.onnx")
    image = np.random.default_rng(3).integers(-128, 128, (1, 3, 8, 8)).astype(np.int8)
    got = reference.run(graph, reference.quantize_input(graph, image)).reshape(-1)
    means = (image.astype(np.float64).mean((0, 2, 3)) - 5) * 0.02
    assert np.array_equal(got, np.rint(means / 0.013) - 9)


@pytest.mark.parametrize("kind", ["ConvInteger", "MatMulInteger", "DynamicQuantizeLinear"])
def test_operators_of_dynamic_quantization_are_refused_each(kind: str, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(_raw(kind, ["image", "image"]))
    with pytest.raises(UnsupportedModelError, match=f"^{kind} 'q' #0: dynamic quantization"):
        load(tmp_path / "net.onnx")


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
