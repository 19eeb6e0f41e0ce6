"""mcugen accuracy: data sets in, top-1 out."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.data import Normalization, load_fashion_mnist, prepare
from mcugen.frontend import load_model
from tests.support.command import mcugen
from tests.support.needs import MODELS, module
from tests.support.onnx_builder import QdqBuilder
from tests.support.tflite_builder import NetworkBuilder

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "fashion_mnist"
BUNDLED = EXAMPLE / "fashion_mnist_mnv1_a025_32.onnx"
TINY = EXAMPLE.with_name("fashion_mnist_tiny") / "fashion_mnist_shallow_a010_32.onnx"


def _idx(path: Path, values: np.ndarray) -> None:
    header = bytes((0, 0, 8, values.ndim)) + np.array(values.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(header + values.astype(np.uint8).tobytes()))


def _fashion_mnist(directory: Path, count: int = 12) -> Path:
    """A data set of that form: noise with labels 0 to 3."""
    directory.mkdir(exist_ok=True)
    random = np.random.default_rng(0)
    _idx(directory / "t10k-images-idx3-ubyte.gz", random.integers(0, 256, (count, 28, 28)))
    _idx(directory / "t10k-labels-idx1-ubyte.gz", np.arange(count) % 4)
    return directory


def test_images_of_the_models_own_type(tflite_model: Path, tmp_path: Path) -> None:
    graph = load_model(tflite_model)
    images = np.random.default_rng(1).integers(-128, 128, (450, 9, 8, 3)).astype(np.int8)
    predicted = reference.run(graph, images).reshape(450, -1).argmax(axis=1)
    labels = predicted.copy()
    labels[::10] = (labels[::10] + 1) % 4
    np.savez(tmp_path / "data.npz", inputs=images, labels=labels)
    outcome = mcugen("accuracy", tflite_model, "--images", tmp_path / "data.npz", "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.json["images"] == 450
    assert outcome.json["top1"] == 0.9
    assert sum(entry["correct"] for entry in outcome.json["classes"]) == 405
    limited = mcugen("accuracy", tflite_model, "--images", tmp_path / "data.npz", "--json", "--limit", 45)
    assert (limited.json["top1"], limited.json["of"]) == (0.0, 450)
    assert "90.00%" in mcugen("accuracy", tflite_model, "--images", tmp_path / "data.npz").stdout


def test_smaller_pixels_get_a_border(tmp_path: Path) -> None:
    net = QdqBuilder(shape=(1, 32, 32))
    net.conv(4, kernel=(3, 3))
    net.rescaled("GlobalAveragePool")
    net.same_scale("Flatten")
    model = net.save(tmp_path)
    outcome = mcugen(
        "accuracy", model, "--data", "fashion-mnist", "--data-dir", _fashion_mnist(tmp_path / "d"), "--json"
    )
    assert outcome.code == 0
    assert outcome.json["images"] == 12
    pixels = np.arange(28 * 28, dtype=np.uint8).reshape(1, 28, 28)
    values = prepare(load_model(model), pixels)
    assert (values.shape, values.dtype) == ((1, 1, 32, 32), np.float32)
    assert np.array_equal(values[0, 0, 2:30, 2:30], pixels[0].astype(np.float32) / np.float32(255))
    assert np.abs(values).sum() == np.abs(values[:, :, 2:30, 2:30]).sum()


def test_normalization(tmp_path: Path) -> None:
    net = QdqBuilder(shape=(3, 4, 4))
    net.conv(4)
    net.rescaled("GlobalAveragePool")
    net.same_scale("Flatten")
    model = net.save(tmp_path)
    pixels = np.full((2, 4, 4, 3), 255, np.uint8)
    values = prepare(load_model(model), pixels, Normalization((0.5, 0.25, 0.0), (2.0, 1.0, 0.5)))
    assert values[0, :, 0, 0].tolist() == [0.25, 0.75, 2.0]
    np.savez(tmp_path / "data.npz", images=pixels, labels=np.array([0, 1]))
    options = ("--mean", "0.5,0.25,0", "--std", "2,1,0.5", "--json")
    assert mcugen("accuracy", model, "--images", tmp_path / "data.npz", *options).code == 0
    for wrong in (("--mean", "0.5,0.5"), ("--std", "0"), ("--mean", "half")):
        assert mcugen("accuracy", model, "--images", tmp_path / "data.npz", *wrong).code == 2


@pytest.mark.parametrize("io", ["int8", "uint8", "float32"])
def test_pixels_for_every_kind_of_input(tmp_path: Path, io: str) -> None:
    net = NetworkBuilder(shape=(4, 4, 1), scale=1 / 255, zero_point=-128, io=io)
    net.convolution(3)
    net.mean()
    path = tmp_path / "net.tflite"
    path.write_bytes(net.finish())
    graph = load_model(path)
    pixels = np.arange(16, dtype=np.uint8).reshape(1, 4, 4) * 16
    plain = reference.quantize_input(graph, prepare(graph, pixels))
    # With this scale and zero point all three mean the same.
    assert np.array_equal(plain.reshape(4, 4), pixels[0].astype(np.int16) - 128)
    assert np.array_equal(reference.quantize_input(graph, prepare(graph, pixels, Normalization())), plain)


def test_needs_one_data_set(tflite_model: Path, tmp_path: Path) -> None:
    assert "--data FOLDER" in mcugen("accuracy", tflite_model).error
    both = mcugen("accuracy", tflite_model, "--images", tmp_path / "x.npz", "--data", "fashion-mnist")
    assert both.code == 2


def test_absent_data_set_names_the_package(tflite_model: Path, tmp_path: Path) -> None:
    outcome = mcugen("accuracy", tflite_model, "--data", "fashion-mnist", "--data-dir", tmp_path)
    assert outcome.code == 2
    assert "dataset-fashion-mnist" in outcome.error
    assert "--data-dir" in outcome.error


def test_a_folder_of_images(tflite_model: Path, tmp_path: Path) -> None:
    pillow = module("PIL.Image")
    random = np.random.default_rng(2)
    for number in range(4):
        home = tmp_path / "photos" / "test" / f"class {number}"
        home.mkdir(parents=True)
        for index, suffix in enumerate(("png", "bmp", "webp", "gif", "tiff")):
            pixels = random.integers(0, 256, (20, 30, 3)).astype(np.uint8)
            pillow.fromarray(pixels).save(home / f"{index}.{suffix}")
        (tmp_path / "photos" / "train" / f"class {number}").mkdir(parents=True)
        pillow.fromarray(pixels).save(tmp_path / "photos" / "train" / f"class {number}" / "0.png")
    (tmp_path / "photos" / "__MACOSX").mkdir()
    (home / "notes.txt").write_text("no image and not meant as one")
    (home / "photo.heic").write_text("an image of a phone")
    (home / "more").mkdir()
    outcome = mcugen("accuracy", tflite_model, "--data", tmp_path / "photos", "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    found = outcome.json
    assert (found["images"], found["of"]) == (20, 20)
    assert [Path(line.partition(": ")[0]).name for line in found["skipped"]] == ["more", "photo.heic"]
    assert [entry["label"] for entry in found["classes"]] == [f"class {number}" for number in range(4)]
    same = mcugen("analyze", tflite_model, "--data", tmp_path / "photos", "--json").json["accuracy"]
    assert {key: same[key] for key in ("correct", "input", "skipped")} == {
        key: found[key] for key in ("correct", "input", "skipped")
    }


@pytest.mark.parametrize("damage", ["not gzip", "cut", "other type", "other count"])
def test_damaged_data_set(tflite_model: Path, tmp_path: Path, damage: str) -> None:
    images = _fashion_mnist(tmp_path) / "t10k-images-idx3-ubyte.gz"
    data = images.read_bytes()
    if damage == "not gzip":
        images.write_bytes(b"text")
    elif damage == "cut":
        images.write_bytes(data[:-20])
    elif damage == "other type":
        images.write_bytes(gzip.compress(b"\x00\x00\x0d" + gzip.decompress(data)[3:]))
    else:
        _idx(images, np.zeros((3, 28, 28)))
    outcome = mcugen("accuracy", tflite_model, "--data", "fashion-mnist", "--data-dir", tmp_path)
    assert outcome.code == 2
    assert str(tmp_path) in outcome.error


@pytest.mark.parametrize(
    ("images", "labels", "complaint"),
    [
        (np.zeros((2, 9, 8, 3), np.uint8), np.array([0, 9]), "labels 0 to 9"),
        (np.zeros((2, 9, 8, 3), np.uint8), np.array([0, -1]), "labels"),
        (np.zeros((2, 9, 8, 3), np.uint8), np.array([0.0, 1.0]), "not integers"),
        (np.zeros((2, 9, 8, 3), np.uint8), np.array([0]), "do not fit"),
        (np.zeros((2, 9, 8), np.uint8), np.array([0, 1]), "3 channels"),
        (np.zeros((2, 10, 8, 3), np.uint8), np.array([0, 1]), "larger"),
        (np.zeros((2, 9, 8, 3), np.float64), np.array([0, 1]), "float64"),
    ],
)
def test_unusable_data(
    tflite_model: Path, tmp_path: Path, images: np.ndarray, labels: np.ndarray, complaint: str
) -> None:
    np.savez(tmp_path / "data.npz", images=images, labels=labels)
    outcome = mcugen("accuracy", tflite_model, "--images", tmp_path / "data.npz")
    assert outcome.code == 2
    assert complaint in outcome.error


def test_data_without_labels(tflite_model: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", images=np.zeros((2, 9, 8, 3), np.uint8))
    assert "'labels'" in mcugen("accuracy", tflite_model, "--images", tmp_path / "data.npz").error


@pytest.mark.needs("shared-models")
def test_a_map_is_no_class(tmp_path: Path) -> None:
    data = tmp_path / "data.npz"
    np.savez(data, images=np.zeros((2, 96, 96), np.uint8), labels=np.zeros(2, np.int64))
    refused = mcugen("accuracy", MODELS.parent / "field/fomo_r96_gray_c2.tflite", "--data", data)
    assert refused.code == 2
    assert "the output is a map of 12x12 positions" in refused.error


def test_the_bundled_images() -> None:
    outcome = mcugen("accuracy", BUNDLED, "--images", EXAMPLE / "images.npz", "--json")
    assert outcome.code == 0
    assert outcome.json["top1"] >= 0.8
    assert outcome.json["classes"][0]["label"] == "T-shirt/top"


@pytest.mark.slow
@pytest.mark.needs("fashion-mnist")
@pytest.mark.parametrize(("model", "least"), [(BUNDLED, 0.91), (TINY, 0.89)], ids=["bundled", "tiny"])
def test_the_models_of_the_examples_on_all_test_images(model: Path, least: float) -> None:
    assert len(load_fashion_mnist().images) == 10_000
    outcome = mcugen("accuracy", model, "--data", "fashion-mnist", "--json")
    assert outcome.json["images"] == 10_000
    assert outcome.json["top1"] >= least
