"""mcugen quantize of float ONNX models: what is written is an int8 model that mcugen reads, or nothing is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from mcugen.extras import install_command
from mcugen.frontend import load_model
from mcugen.ir import Normalization
from mcugen.ir.operators.l2_normalize import L2Normalize
from tests.support.command import mcugen
from tests.support.float_onnx import SHAPE, FloatNet
from tests.support.needs import module

module("onnxruntime")

CLASSES = 5
HEIGHT, WIDTH = SHAPE[1:]


def _classifier(net: FloatNet) -> str:
    """With batch norm, which has to be folded."""
    channels = 8
    first = net.node("Conv", "image", net.weights(channels, 3, 3, 3), kernel_shape=[3, 3], strides=[2, 2])
    variance = net.weights(channels)
    net.initializers[-1].CopyFrom(numpy_helper.from_array(np.full(channels, 0.8, np.float32), variance))
    normal = net.node("BatchNormalization", first, *(net.weights(channels) for _ in range(3)), variance)
    deep = net.conv(net.node("Relu", normal), channels, channels, 3, group=channels)
    flat = net.node("Flatten", net.node("GlobalAveragePool", deep))
    return net.node("Gemm", flat, net.weights(CLASSES, channels), net.weights(CLASSES), transB=1)


def _every_kind(net: FloatNet) -> str:
    """Operators that the quantizer has no rules of its own for, and a normalization inside."""
    mean = net.weights(1, 3, 1, 1)
    stem = net.node("HardSwish", net.node("Conv", net.node("Sub", "image", mean), net.weights(8, 3, 1, 1)))
    grown = net.node("ConvTranspose", stem, net.weights(8, 4, 2, 2), strides=[2, 2])
    shuffled = net.node("DepthToSpace", net.node("SpaceToDepth", grown, blocksize=2), blocksize=2, mode="CRD")
    gate = net.node("HardSigmoid", net.node("GlobalAveragePool", shuffled))
    total = net.node("Concat", net.node("Mul", shuffled, gate), net.node("Tanh", grown), axis=1)
    largest = net.node("Flatten", net.node("ReduceMax", total, axes=[2, 3]))
    return net.node("Softmax", net.node("Gemm", largest, net.weights(8, CLASSES)), axis=1)


def _embedding(net: FloatNet) -> str:
    """A vector divided by its length, as torch exports F.normalize."""
    vector = _classifier(net)
    least, shape = (f"{name}_of_length" for name in ("least", "shape"))
    net.initializers.append(numpy_helper.from_array(np.array(1e-12, np.float32), least))
    net.initializers.append(numpy_helper.from_array(np.array([1, CLASSES]), shape))
    length = net.node("Clip", net.node("ReduceL2", vector, axes=[1], keepdims=1), least)
    return net.node("Div", vector, net.node("Expand", length, shape))


def _sine(net: FloatNet) -> str:
    return net.node("Sin", _classifier(net))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (20, HEIGHT, WIDTH, 3)).astype(np.uint8)
    np.savez(tmp_path / "images.npz", images=pixels, labels=random.integers(0, CLASSES, 20))
    return tmp_path / "images.npz"


def _float_model(folder: Path, build: Callable[[FloatNet], str] = _classifier, **options: object) -> Path:
    net = FloatNet()
    net.save(folder / "float.onnx", build(net), CLASSES, **options)  # type: ignore[arg-type]
    return folder / "float.onnx"


@pytest.mark.parametrize("ranges", ["minmax", "percentile"])
def test_a_classifier(ranges: str, images: Path, tmp_path: Path) -> None:
    output = tmp_path / "int8.onnx"
    done = mcugen("quantize", _float_model(tmp_path), "--data", images, "-o", output, "--ranges", ranges, "--json")
    assert done.code == 0, done.stderr
    view = done.json
    assert (view["checkpoint"], view["method"]) == ("float.onnx", "post-training, by ONNX Runtime")
    assert view["test_images"] == 20
    assert abs(view["float_top1"] - view["int8_top1"]) <= 0.2
    assert min(layer["snr_db"] for layer in view["layers"] if layer["snr_db"] is not None) > 15
    graph = load_model(output)
    # A pixel p is stored as p - 128.
    assert graph.input_tensor.scale == pytest.approx(1 / 255, rel=1e-6)
    assert graph.input_tensor.zero_point == -128
    assert [op.name for op in graph.operators] == ["conv_0", "conv_3", "globalaveragepool_5", "gemm_7"]
    weights = [tensor for tensor in onnx.load(output).graph.initializer if len(tensor.dims) == 4]
    assert {tensor.data_type for tensor in weights} == {onnx.TensorProto.INT8}


@pytest.mark.parametrize("opset", [14, 17])
def test_operators_without_rules_of_the_quantizer(opset: int, images: Path, tmp_path: Path) -> None:
    model, output = _float_model(tmp_path, _every_kind, opset=opset, batch=1), tmp_path / "int8.onnx"
    done = mcugen("quantize", model, "--data", images, "-o", output, "--mean", "0.5", "--std", "0.25,0.5,0.5")
    assert done.code == 0, done.stderr
    assert "top-1 on 20 test images of images.npz: float " in done.stdout
    graph = load_model(output)
    assert graph.input_tensor.scale == pytest.approx(4 / 255, rel=1e-6)
    assert graph.pixels == Normalization((0.5,), (0.25, 0.5, 0.5))  # no command needs --pixels


def test_a_division_by_lengths_stays_one_operator(images: Path, tmp_path: Path) -> None:
    model, output = _float_model(tmp_path, _embedding, opset=17, batch=1), tmp_path / "int8.onnx"
    done = mcugen("quantize", model, "--data", images, "-o", output)
    assert done.code == 0, done.stderr
    assert isinstance(load_model(output).operators[-1], L2Normalize)


def test_an_old_opset_and_images_of_a_folder(tmp_path: Path) -> None:
    image = module("PIL.Image")
    for name in ("dark", "light"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(6):
            pixels = np.random.default_rng(number).integers(0, 256, (20, 24, 3)).astype(np.uint8)
            image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    model, output = _float_model(tmp_path, opset=11), tmp_path / "int8.onnx"
    done = mcugen("quantize", model, "--data", tmp_path / "photos", "-o", output)
    assert done.code == 0, done.stderr
    assert load_model(output).output_tensor.channels == CLASSES


def test_several_outputs_are_quantized_and_not_measured(images: Path, tmp_path: Path) -> None:
    net = FloatNet()
    scores = _classifier(net)
    net.save(tmp_path / "float.onnx", scores, CLASSES, also=("relu_2",))
    done = mcugen("quantize", tmp_path / "float.onnx", "--data", images, "-o", tmp_path / "int8.onnx")
    assert done.code == 0, done.stderr
    assert "top-1 not measured" in done.stdout
    assert len(load_model(tmp_path / "int8.onnx").outputs) == 2


def test_what_mcugen_does_not_compile_is_not_written(images: Path, tmp_path: Path) -> None:
    output = tmp_path / "int8.onnx"
    done = mcugen("quantize", _float_model(tmp_path, _sine), "--data", images, "-o", output)
    assert done.code == 2
    assert "Sin '/sin_8'" in done.error
    assert "not supported" in done.error
    assert not output.exists()


def test_bad_use_is_one_line_and_leaves_nothing(images: Path, tmp_path: Path) -> None:
    model, output = _float_model(tmp_path), tmp_path / "out" / "int8.onnx"
    output.parent.mkdir()
    quantized, other, wide = tmp_path / "quantized.onnx", tmp_path / "other.npz", tmp_path / "wide.onnx"
    assert mcugen("quantize", model, "--data", images, "-o", quantized).code == 0
    np.savez(other, images=np.zeros((3, 8, 8, 3), np.uint8), labels=np.zeros(3, np.int64))
    proto = onnx.load(model)
    proto.graph.input[0].type.tensor_type.shape.dim[3].dim_param = "width"
    onnx.save(proto, wide)
    data = ["--data", images]
    cases: list[tuple[list[object], str]] = [
        ([model, *data, "-o", output.with_suffix(".pt2")], "the compiler knows it by the suffix .onnx"),
        ([model, "-o", output], "name a data set with --data"),
        ([model, *data, "-o", output, "--ranges", "mse"], "supported: minmax, percentile"),
        ([model, *data, "-o", output, "--qat", "1"], "are of checkpoints"),
        ([model, *data, "-o", output, "--learning-rate", "0.1"], "--batch-size are of fine-tuning"),
        ([quantized, *data, "-o", output], "it is quantized, it has "),
        ([tmp_path / "absent.onnx", *data, "-o", output], "no such file"),
        ([wide, *data, "-o", output], "make_dynamic_shape_fixed"),
        ([model, "--data", other, "-o", output], "the model takes [16, 16, 3]"),
        ([model, *data, "-o", output, "--mean", "1,2"], "2 numbers for 3 channels"),
    ]
    for arguments, message in cases:
        done = mcugen("quantize", *arguments)
        assert done.code == 2, (message, done.stderr)
        assert message in done.error
    assert list(output.parent.iterdir()) == []


def test_without_onnxruntime_one_line_says_what_to_install(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime.quantization", None)
    done = mcugen("quantize", _float_model(tmp_path), "--data", images, "-o", tmp_path / "int8.onnx")
    assert done.code == 2
    assert "quantizing an ONNX model needs onnxruntime" in done.error
    assert install_command("torch") in done.error
