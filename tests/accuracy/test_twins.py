"""Twins of both kinds: of one net they agree with each other, and with what its quantization measured."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from tests.support.needs import module

torch = module("torch")
module("torchao")
module("onnxruntime")
module("PIL")

from PIL import Image  # noqa: E402

from mcugen.accuracy import Sample, explain, load_twin  # noqa: E402
from mcugen.data import Dataset  # noqa: E402
from mcugen.frontend import load_model  # noqa: E402
from mcugen.nets import architecture, build  # noqa: E402
from mcugen.quantization import Quantized, post_training, save_program  # noqa: E402
from mcugen.report.pictures import data_uri  # noqa: E402
from mcugen.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint  # noqa: E402
from tests.cli.test_schemas import check  # noqa: E402
from tests.report.test_report import embedded  # noqa: E402
from tests.support.command import mcugen  # noqa: E402

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 32, 1)).astype(np.uint8)

ONE_NET = pytest.mark.parametrize("quantized", ["mobilenet_v1_shallow"], indirect=True)


@pytest.fixture(scope="module", params=["mobilenet_v1_shallow", "mobilenet_v3_small"])
def quantized(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Quantized]:
    """A folder with net.pt, untrained, net.onnx and batched.onnx of it, and net.pt2 in int8."""
    folder = tmp_path_factory.mktemp("twins")
    torch.manual_seed(0)
    options = {"alpha": 0.1, "size": (32, 32), "in_chans": 1, "num_classes": 3}
    checkpoint = Checkpoint(request.param, options, build(architecture(request.param, **options)).state_dict())
    save_checkpoint(folder / "net.pt", checkpoint)
    module = checkpoint.module()
    images = torch.from_numpy(PIXELS.transpose(0, 3, 1, 2).copy()).float() / 255
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for name, axes in (("net", None), ("batched", {"images": {0: "n"}, "scores": {0: "n"}})):
            torch.onnx.export(
                module,
                (images[:1],),
                folder / f"{name}.onnx",
                input_names=["images"],
                output_names=["scores"],
                dynamic_axes=axes,
                opset_version=17,
                dynamo=False,
            )
    result = post_training(module, images[:1], [images], measured=images)
    save_program(folder / "net.pt2", result.program, ())
    return folder, result


def test_twins_agree_with_what_quantization_measured(quantized: tuple[Path, Quantized]) -> None:
    folder, result = quantized
    graph = load_model(folder / "net.pt2")
    sample = Sample(Dataset("noise", PIXELS, np.zeros(len(PIXELS), np.int64)), np.arange(len(PIXELS)), len(PIXELS))
    twins = [load_twin(folder / name, graph) for name in ("net.pt", "net.onnx", "batched.onnx")]
    by_checkpoint, *by_onnx = [explain(graph, sample, twin) for twin in twins]
    found = {layer.name: layer.snr for layer in by_checkpoint.layers if layer.snr is not None}
    assert set(found) == {op.name for op in graph.operators}
    # Quantization names a layer by the module that ends it, the graph by its convolution. Both are in order.
    weighted = [op.name for op in graph.operators if hasattr(op, "weights")]
    measured = [layer.snr for layer in result.layers if layer.operator in ("hardtanh", "relu", "conv2d", "linear")]
    assert [found[name] for name in weighted] == pytest.approx(measured, abs=0.5)
    for explanation in by_onnx:
        pairs = [(layer.snr, found[layer.name]) for layer in explanation.layers if layer.name in weighted]
        assert all(snr == pytest.approx(expected, abs=0.1) for snr, expected in pairs)
        assert np.array_equal(explanation.float_predicted, by_checkpoint.float_predicted)


@ONE_NET
def test_flipped_images_are_in_the_page(quantized: tuple[Path, Quantized], tmp_path: Path) -> None:
    folder, _ = quantized
    checkpoint = load_checkpoint(folder / "net.pt")
    torch.manual_seed(1)
    # Scores of another net altogether: nearly every answer flips.
    checkpoint.state = build(checkpoint.architecture).state_dict()
    checkpoint.state["classifier.bias"] = torch.tensor([0.0, 0.0, 100.0])
    save_checkpoint(tmp_path / "other.pt", checkpoint)
    np.savez(tmp_path / "data.npz", images=PIXELS, labels=np.arange(len(PIXELS)) % 3)
    data = ["--data", tmp_path / "data.npz", "--float", tmp_path / "other.pt"]
    page = tmp_path / "page.html"
    assert mcugen("report", folder / "net.pt2", *data, "-o", page, "--no-boards").code == 0
    accuracy = embedded(page)["accuracy"]
    assert accuracy["flipped"]
    assert {flip["float"] for flip in accuracy["flipped"]} == {2}
    found = re.findall(r'<img src="(data:[^"]+)" alt="Image (\d+)">', page.read_text())
    shown = [*accuracy["misclassified"], *accuracy["flipped"]]
    assert found == [(data_uri(PIXELS[image["index"]]), str(image["index"])) for image in shown]
    check("analyze", folder / "net.pt2", *data)
    check("report", folder / "net.pt2", *data, "--no-boards")


@ONE_NET
def test_images_are_those_that_training_left_out(quantized: tuple[Path, Quantized], tmp_path: Path) -> None:
    folder, _ = quantized
    for number in range(3):
        (tmp_path / "images" / str(number)).mkdir(parents=True)
        for place, pixels in enumerate(PIXELS[number::3]):
            Image.fromarray(pixels[..., 0]).save(tmp_path / "images" / str(number) / f"{place}.png")
    checkpoint = load_checkpoint(folder / "net.pt")
    checkpoint.data = {"data": str(tmp_path / "images"), "split": 0.5, "seed": 7}
    save_checkpoint(tmp_path / "split.pt", checkpoint)
    options = ["analyze", folder / "net.pt2", "--data", tmp_path / "images", "--json"]
    assert mcugen(*options).json["accuracy"]["of"] < 12
    assert mcugen(*options, "--float", tmp_path / "split.pt").json["accuracy"]["of"] == 12


@ONE_NET
def test_what_is_no_twin_is_said_in_one_line(
    quantized: tuple[Path, Quantized], tflite_model: Path, onnx_model: Path, tmp_path: Path
) -> None:
    folder, _ = quantized
    np.savez(tmp_path / "data.npz", images=np.zeros((4, 9, 8, 3), np.uint8), labels=np.arange(4))
    (tmp_path / "text.onnx").write_text("no model")
    complaints = {
        folder / "net.pt": "images of 32x32x1",
        folder / "net.onnx": "images of 32x32x1",
        onnx_model: "it is quantized",
        tmp_path / "text.onnx": "not",
        tmp_path / "absent.onnx": "no such file",
        tmp_path / "absent.pt": "no such file",
        tmp_path / "data.npz": "--float reads no .npz files",
    }
    for path, complaint in complaints.items():
        outcome = mcugen("analyze", tflite_model, "--data", tmp_path / "data.npz", "--float", path)
        assert outcome.code == 2
        assert str(path) in outcome.error
        assert complaint in outcome.error
