"""--data of analyze and report."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest

from mcugen.report.pictures import data_uri
from tests.report.test_report import embedded
from tests.support.command import mcugen
from tests.support.needs import module

BUNDLED = Path(__file__).resolve().parents[2] / "examples/fashion_mnist/fashion_mnist_mnv1_a025_32.onnx"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    images = np.random.default_rng(3).integers(0, 256, (60, 9, 8, 3)).astype(np.uint8)
    np.savez(tmp_path / "data.npz", images=images, labels=np.arange(60) % 4)
    return tmp_path / "data.npz"


def test_analyze_agrees_with_accuracy(tflite_model: Path, archive: Path) -> None:
    outcome = mcugen("analyze", tflite_model, "--data", archive, "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    found = outcome.json["accuracy"]
    expected = mcugen("accuracy", tflite_model, "--images", archive, "--json").json
    assert (found["images"], found["correct"], found["top1"]) == (60, expected["correct"], expected["top1"])
    shown = mcugen("analyze", tflite_model, "--data", archive, "--limit", 30).stdout
    assert "30 of 60 test images" in shown
    assert mcugen("analyze", tflite_model, "--json").json["accuracy"] is None


def test_the_page(tflite_model: Path, archive: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert mcugen("report", tflite_model, "-o", page, "--no-boards", "--data", archive).code == 0
    document, text = embedded(page), page.read_text()
    assert document["accuracy"] == mcugen("analyze", tflite_model, "--data", archive, "--json").json["accuracy"]
    assert document["activations"]["source"] == archive.name
    titles = re.findall(r"<title>(\d+)[^<]*, taken for (\d+)[^<]*: (\d+) images", text)
    matrix = np.zeros((4, 4), int)
    for truth, predicted, count in titles:
        matrix[int(truth), int(predicted)] = int(count)
    assert matrix.tolist() == document["accuracy"]["confusion"]


def test_images_of_the_models_own_type_have_no_pictures(tflite_model: Path, tmp_path: Path) -> None:
    images = np.random.default_rng(3).integers(-128, 128, (8, 9, 8, 3)).astype(np.int8)
    np.savez(tmp_path / "data.npz", inputs=images, labels=np.arange(8) % 4)
    page = tmp_path / "page.html"
    assert mcugen("report", tflite_model, "-o", page, "--no-boards", "--data", tmp_path / "data.npz").code == 0
    assert "<img" not in page.read_text()


def test_images_that_int8_gets_wrong_are_shown_with_their_files(tflite_model: Path, tmp_path: Path) -> None:
    image = module("PIL.Image")
    random = np.random.default_rng(3)
    for name in ("a", "b", "c", "d"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(200):
            pixels = random.integers(0, 256, (9, 8, 3)).astype(np.uint8)
            image.fromarray(pixels).save(tmp_path / "photos" / name / f"IMG <{number}>.png")
    page = tmp_path / "page.html"
    options = ("--no-boards", "--data", tmp_path / "photos")
    assert mcugen("report", tflite_model, "-o", page, *options).code == 0
    accuracy, text = embedded(page)["accuracy"], page.read_text()
    wrong = accuracy["misclassified"]
    assert len(wrong) == accuracy["images"] - accuracy["correct"] > 60
    assert all(accuracy["classes"][entry["truth"]]["label"] == entry["file"][0] for entry in wrong)
    assert all((tmp_path / "photos" / entry["file"]).is_file() for entry in wrong)
    assert f"<summary>{len(wrong)} of 160 images, the first 60 of them</summary>" in text
    names = re.findall(r'<img src="data:[^"]+" alt="([^"]+)">', text)
    assert [name.replace("&lt;", "<").replace("&gt;", ">") for name in names] == [e["file"] for e in wrong[:60]]


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (6, 4, 3)])
def test_pictures_are_png(shape: tuple[int, ...]) -> None:
    pillow = module("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    head, _, data = data_uri(pixels).partition(",")
    assert head == "data:image/png;base64"
    assert np.array_equal(np.asarray(pillow.open(io.BytesIO(base64.b64decode(data)))).reshape(shape), pixels)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--float", "net.onnx"], "--float says how a data set is used"),
        (["--mean", "0.5"], "--mean says how"),
        (["--data", "absent"], "absent"),
        (["--data", "absent.npz"], "absent.npz"),
    ],
)
def test_unusable_options(tflite_model: Path, arguments: list[str], complaint: str) -> None:
    for command in ("analyze", "report"):
        outcome = mcugen(command, tflite_model, *arguments)
        assert outcome.code == 2
        assert complaint in outcome.error


@pytest.mark.parametrize(
    ("suffix", "advice"),
    [
        (".h5", "convert it to a float .tflite, by tf.lite.TFLiteConverter.from_keras_model("),
        (".KERAS", "convert it to a float .tflite, by tf.lite.TFLiteConverter.from_keras_model("),
        (".txt", "it takes a float .onnx file, a float .tflite file or a checkpoint"),
        (".npz", "it takes a float .onnx file, a float .tflite file or a checkpoint"),
    ],
)
def test_what_is_no_float_model_that_is_read(
    tflite_model: Path, archive: Path, tmp_path: Path, suffix: str, advice: str
) -> None:
    other = tmp_path / f"float{suffix}"
    other.write_bytes(b"bytes")
    outcome = mcugen("analyze", tflite_model, "--data", archive, "--float", other)
    assert outcome.code == 2
    assert f"{other}: --float reads no {suffix.lower()} files ({advice}" in outcome.error


def test_labels_that_the_model_does_not_have(tflite_model: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", images=np.zeros((2, 9, 8, 3), np.uint8), labels=np.array([0, 4]))
    assert (
        "labels 0 to 4, the model 4 classes" in mcugen("analyze", tflite_model, "--data", tmp_path / "data.npz").error
    )


@pytest.mark.needs("fashion-mnist")
def test_the_bundled_model_on_some_images() -> None:
    found = mcugen("analyze", BUNDLED, "--data", "fashion-mnist", "--limit", 200, "--json").json["accuracy"]
    assert (found["images"], found["of"]) == (200, 10_000)
    assert found["top1"] >= 0.85
    assert found["classes"][1]["label"] == "Trouser"
    assert all(layer["saturated"] < 0.05 for layer in found["layers"])
