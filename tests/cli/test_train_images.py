"""mcugen train says what is wrong with its images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.command import mcugen
from tests.support.needs import module
from tests.support.schemas import conform
from tests.support.training import gray_classes, metrics, train

module("torch")
Image = module("PIL.Image")
module("tensorboard")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gray_classes(tmp_path_factory.mktemp("images"))


def test_too_few_images_for_a_batch(folder: Path, tmp_path: Path) -> None:
    assert "--batch" in train(folder, tmp_path / "run", "--batch", 64).stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("labels", "test_labels", "told"),
    [
        ([0, 1, 2], [3], "digits has test images of class 3, and none to train"),
        ([], [1], "digits has no images to train on"),
        ([0, 1], [], "digits has no images to test on"),
        ([0, 0], [0], "digits has one class only (a net tells two or more apart)"),
    ],
    ids=["beyond", "none to train", "none to test", "one class"],
)
def test_labels_that_do_not_fit(tmp_path: Path, labels: list[int], test_labels: list[int], told: str) -> None:
    _idx_files(tmp_path / "digits", labels, test_labels)
    outcome = train(tmp_path / "digits", tmp_path / "run")
    assert (outcome.code, outcome.error) == (2, f"mcugen: error: {told}")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("labels", "test_labels", "told"),
    [
        ([0, 10], [0], "fashion-mnist has images of class 10, and names of classes 0 to 9"),
        ([0, 9], [11], "fashion-mnist has test images of class 11, and none to train"),
    ],
    ids=["train", "test"],
)
def test_labels_beyond_the_names_of_classes(
    tmp_path: Path, labels: list[int], test_labels: list[int], told: str
) -> None:
    _idx_files(tmp_path / "data", labels, test_labels)
    outcome = train(Path("fashion-mnist"), tmp_path / "run", "--data-dir", tmp_path / "data")
    assert (outcome.code, outcome.error) == (2, f"mcugen: error: {told}")


def _idx_files(directory: Path, labels: list[int], test_labels: list[int]) -> None:
    """MNIST's files, of blank images with these labels."""
    directory.mkdir()
    for part, numbers in (("train", labels), ("t10k", test_labels)):
        count = len(numbers).to_bytes(4, "big")
        images = b"\0\0\x08\3" + count + bytes((0, 0, 0, 8)) * 2 + bytes(64 * len(numbers))
        (directory / f"{part}-images-idx3-ubyte").write_bytes(images)
        (directory / f"{part}-labels-idx1-ubyte").write_bytes(b"\0\0\x08\1" + count + bytes(numbers))


def test_absent_data(tmp_path: Path) -> None:
    assert "CLASS" in train(tmp_path / "absent", tmp_path / "run").error
    fashion = mcugen("train", "--data", "fashion-mnist", "--data-dir", tmp_path, "-o", tmp_path / "run")
    assert "dataset-fashion-mnist" in fashion.error


def test_few_images_of_each_class_tested_at_the_end(folder: Path, tmp_path: Path) -> None:
    outcome = train(folder, tmp_path / "run", "--per-class", 4, "--epochs", 3, "--test-every", 2, "--json")
    assert [entry["images"] for entry in outcome.json["classes"]] == [4, 4, 4]
    assert [bool(row["top1"]) for row in metrics(tmp_path / "run")] == [False, True, True]


def test_what_is_wrong_with_the_images_is_said(tmp_path: Path) -> None:
    """Two classes of 40 images and 4, one image on both sides of the split."""
    random = np.random.default_rng(0)
    for name, count in (("many", 40), ("few", 4)):
        (tmp_path / "set" / name).mkdir(parents=True)
        for index in range(count):
            pixels = random.integers(0, 256, (16, 16, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / name / f"{index}.png")
    rows = [f"many/{index}.png,many,train" for index in range(40)] + [
        f"few/{index}.png,few,train" for index in range(4)
    ]
    table = tmp_path / "set" / "labels.csv"
    table.write_text("\n".join(["file,label,part", *rows, "many/7.png,many,test"]))
    outcome = train(table, tmp_path / "run", "--balance", "--epochs", 1, "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    assert outcome.json["recipe"]["balance"]
    assert [line.partition(":")[0] for line in outcome.json["doubts"]] == [
        "1 test image is among those to train on",
        "fewer than 50 images to train on",
        "1 test image",
        "classes have 4 to 40 images",
    ]
    assert "many/7.png is many/7.png" in outcome.stderr
