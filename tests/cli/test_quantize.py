"""mcugen quantize: a checkpoint becomes a program that the compiler takes, or one line says why not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.needs import module

torch = module("torch")
module("torchao")
module("PIL")

from PIL import Image  # noqa: E402

from mcugen import reference  # noqa: E402
from mcugen.frontend import load_model  # noqa: E402
from mcugen.inputs import proof_images  # noqa: E402
from mcugen.nets import architecture, build  # noqa: E402
from mcugen.training.checkpoint import Checkpoint, save_checkpoint  # noqa: E402
from tests.support.command import mcugen  # noqa: E402
from tests.support.schemas import conform  # noqa: E402


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an untrained checkpoint, net.pt, and images of two classes."""
    folder = tmp_path_factory.mktemp("quantize")
    torch.manual_seed(0)
    options = {"alpha": 0.1, "size": (32, 32), "in_chans": 1, "num_classes": 2}
    module = build(architecture("mobilenet_v1_shallow", **options))
    checkpoint = Checkpoint("mobilenet_v1_shallow", options, module.state_dict(), labels=("dark", "light"))
    save_checkpoint(folder / "net.pt", checkpoint)
    random = np.random.default_rng(0)
    for name, base in (("dark", 0), ("light", 120)):
        (folder / "images" / name).mkdir(parents=True)
        for number in range(10):
            pixels = random.integers(base, base + 120, (32, 32)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "images" / name / f"{number}.png")
    (folder / "images" / "dark" / "broken.png").write_bytes(b"no image")
    return folder


def test_post_training_quantization(files: Path, tmp_path: Path) -> None:
    output, onnx, report = tmp_path / "net.pt2", tmp_path / "net.onnx", tmp_path / "report.json"
    arguments = ["quantize", str(files / "net.pt"), "--data", str(files / "images"), "-o", str(output)]
    done = mcugen(*arguments, "--onnx", str(onnx), "--ranges", "percentile", "--equalize", "--report", str(report))
    assert done.code == 0, done.stderr
    assert "top-1 on 4 test images of images: float " in done.stdout
    assert "broken.png" in done.stdout
    view = json.loads(report.read_text())
    conform(view, "quantize")
    assert view["method"] == "post-training"
    assert 0 <= view["int8_top1"] <= 1
    assert view["layers"][0]["operator"] == "input"
    assert view["layers"][-1]["layer"] == "classifier"
    assert all(layer["snr_db"] > 5 for layer in view["layers"])
    graphs = [load_model(path) for path in (output, onnx)]
    assert graphs[0].labels == graphs[1].labels == ("dark", "light")
    batch = proof_images(graphs[0].input_tensor, 6, 0)
    assert np.array_equal(*(reference.run(graph, batch) for graph in graphs))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.onnx", "net.pt2", "report.json"]
    generated = mcugen("generate", str(output), "-o", str(tmp_path / "lib"), "--target", "cortex-m4")
    assert generated.code == 0, generated.stderr


@pytest.mark.slow
def test_fine_tuning(files: Path, tmp_path: Path) -> None:
    arguments = ["quantize", str(files / "net.pt"), "--data", str(files / "images"), "-o", str(tmp_path / "net.pt2")]
    done = mcugen(*arguments, "--qat", "2", "--batch-size", "4", "--json")
    assert done.code == 0, done.stderr
    assert json.loads(done.stdout)["method"] == "quantization-aware fine-tuning, 2 epochs"
    assert load_model(tmp_path / "net.pt2").output_tensor.channels == 2


def test_fewer_images_than_a_batch_are_not_fine_tuned(files: Path, tmp_path: Path) -> None:
    arguments = [files / "net.pt", "--data", files / "images", "-o", tmp_path / "net.pt2", "--qat", 1]
    done = mcugen("quantize", *arguments, "--batch-size", 17)
    told = "16 training images do not fill a batch of 17 (lower --batch-size)"
    assert (done.code, done.error) == (2, f"mcugen: error: {told}")
    assert not list(tmp_path.iterdir())
    done = mcugen("quantize", *arguments)
    assert done.code == 0, done.stderr


@pytest.mark.parametrize("option", ["-o", "--onnx", "--report"])
def test_places_are_looked_at_before_anything_is_done(files: Path, tmp_path: Path, option: str) -> None:
    places = {"-o": tmp_path / "net.pt2", "--onnx": tmp_path / "net.onnx", "--report": tmp_path / "net.json"}
    places[option] = tmp_path / "absent" / places[option].name
    options = [word for pair in places.items() for word in pair]
    # Without --data there is nothing to quantize with, either: that the place is named shows what comes first.
    done = mcugen("quantize", files / "net.pt", *options)
    told = f"{places[option]}: cannot be written: no such file or directory"
    assert (done.code, done.error) == (2, f"mcugen: error: {told}")
    assert not list(tmp_path.iterdir())


def test_capitals_in_suffixes(files: Path, tmp_path: Path) -> None:
    output = tmp_path / "NET.PT2"
    done = mcugen("quantize", files / "net.pt", "--data", files / "images", "-o", output)
    assert done.code == 0, done.stderr
    assert load_model(output).output_tensor.channels == 2
    (tmp_path / "NET.ONNX").write_bytes(b"no model")
    done = mcugen("quantize", tmp_path / "NET.ONNX", "--data", files / "images", "-o", tmp_path / "INT8.ONNX")
    assert "NET.ONNX: " in done.error


def test_bad_use_is_one_line_and_leaves_nothing(files: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.pt"
    damaged.write_bytes((files / "net.pt").read_bytes()[:2000])
    output = tmp_path / "out" / "net.pt2"
    output.parent.mkdir()
    cases = [
        ([str(damaged), "-o", str(output)], "damaged.pt: not a sound checkpoint"),
        ([str(tmp_path / "absent.pt"), "-o", str(output)], "no such file"),
        ([str(files / "net.pt"), "-o", str(output)], "name a data set with --data"),
        ([str(files / "net.pt"), "-o", str(output.with_suffix(".bin"))], "the compiler knows it by the suffix .pt2"),
        ([str(files / "net.pt"), "-o", str(output), "--qat", "1", "--equalize"], "post-training quantization"),
        ([str(files / "net.pt"), "-o", str(output), "--data", str(tmp_path / "none")], "no such folder"),
    ]
    for arguments, message in cases:
        done = mcugen("quantize", *arguments)
        assert done.code == 2, done.stderr
        assert message in done.error
    assert list(output.parent.iterdir()) == []


def test_other_images_are_seen_by_the_cameras_eye_too(files: Path) -> None:
    from mcugen.data import load_splits
    from mcugen.quantization.run import _images
    from mcugen.training.checkpoint import load_checkpoint

    trained, camera = load_checkpoint(files / "net.pt"), {"text": "rgb565be:48x40"}
    trained.data = {"data": "elsewhere", "camera": camera}
    images = str(files / "images")
    found = _images(trained, images, None, lambda what, done, total: None)
    for camera_there, equal in ((camera, True), (None, False)):
        wanted = load_splits(images, height=32, width=32, channels=1, camera=camera_there)
        assert np.array_equal(found[0].images, wanted[0].images) is equal
