"""Float .tflite models as twins: they are run and their layers found, or refused in one line that names the file."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from mcugen.accuracy import Sample, explain, load_twin
from mcugen.data import Dataset, Normalization
from mcugen.frontend import load_model
from tests.support.command import mcugen
from tests.support.float_tflite import dequantized
from tests.support.tflite_builder import NetworkBuilder

SHAPE = (10, 8, 3)
# The input holds 0 to 1.
SCALE, ZERO_POINT = 1 / 255, -128
PIXELS = np.random.default_rng(0).integers(0, 256, (16, *SHAPE)).astype(np.uint8)


def network(shape: tuple[int, int, int] = SHAPE, **options: object) -> NetworkBuilder:
    """Biases are zero: random ones are of the order of the maps, and would saturate them."""
    net = NetworkBuilder(seed=3, shape=shape, scale=SCALE, zero_point=ZERO_POINT, **options)
    net.convolution(8, stride=(2, 2), biases=[0], scale=0.06, zero_point=0)
    net.depthwise(biases=[0], scale=0.08, zero_point=0)
    net.convolution(6, kernel=(1, 1), biases=[0], scale=0.12, zero_point=0)
    net.mean()
    net.fully_connected(4, biases=[0], scale=0.06, zero_point=0)
    return net


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """int8.tflite, float.tflite of the same layers, other.tflite of another image, and data.npz."""
    path = tmp_path_factory.mktemp("tflite_twin")
    (path / "int8.tflite").write_bytes(network().finish())
    (path / "float.tflite").write_bytes(dequantized(network()))
    (path / "other.tflite").write_bytes(dequantized(network((6, 8, 3))))
    (path / "cut.tflite").write_bytes((path / "float.tflite").read_bytes()[:200])
    (path / "text.tflite").write_text("this is no model at all, but some text")
    np.savez(path / "data.npz", images=PIXELS, labels=np.arange(len(PIXELS)) % 4)
    return path


@pytest.mark.needs("litert")
def test_every_layer_is_found_and_near(folder: Path) -> None:
    graph = load_model(folder / "int8.tflite")
    twin = load_twin(folder / "float.tflite", graph)
    sample = Sample(Dataset("noise", PIXELS, np.zeros(len(PIXELS), np.int64)), np.arange(len(PIXELS)), len(PIXELS))
    found = explain(graph, sample, twin, Normalization())
    noise = {layer.name: layer.snr for layer in found.layers if layer.kind != "Reshape"}
    assert all(snr is not None and snr > 20 for snr in noise.values()), noise
    assert found.float_predicted is not None
    assert np.mean(found.predicted == found.float_predicted) > 0.7


@pytest.mark.needs("litert")
def test_the_command(folder: Path) -> None:
    data = ["--data", folder / "data.npz", "--float", folder / "float.tflite", "--json"]
    twin = mcugen("analyze", folder / "int8.tflite", *data).json["accuracy"]["float"]
    assert twin["model"] == "float.tflite"
    assert twin["agreement"] > 0.7


@pytest.mark.needs("litert")
@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("int8.tflite", "it is quantized, 'input' is int8 (--float is the model before quantization)"),
        ("other.tflite", "it takes images of 6x8x3, the int8 model of 10x8x3"),
        ("absent.tflite", "no such file"),
        ("cut.tflite", "damaged or cut short"),
        ("text.tflite", "not a TensorFlow Lite file"),
    ],
)
def test_what_is_no_twin_is_said_in_one_line(folder: Path, name: str, complaint: str) -> None:
    outcome = mcugen("analyze", folder / "int8.tflite", "--data", folder / "data.npz", "--float", folder / name)
    assert outcome.code == 2
    assert outcome.error.startswith(f"mcugen: error: {folder / name}: ")
    assert complaint in outcome.error


def test_without_an_interpreter_the_extra_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ai_edge_litert", "tflite_runtime", "tensorflow"):
        monkeypatch.setitem(sys.modules, name, None)
        for loaded in [module for module in sys.modules if module.startswith(f"{name}.")]:
            monkeypatch.setitem(sys.modules, loaded, None)
    data = ["--data", folder / "data.npz", "--float", folder / "float.tflite"]
    outcome = mcugen("analyze", folder / "int8.tflite", *data)
    assert outcome.code == 2
    assert "needs ai-edge-litert, tflite-runtime or tensorflow, and none is installed (pip install" in outcome.error
    assert "[litert]'" in outcome.error
