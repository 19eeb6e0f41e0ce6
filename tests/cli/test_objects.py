"""mcugen accuracy --detect: what it refuses; that it measures is in tests/training/test_detect.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.detection.test_detector import map_network
from tests.support.command import mcugen
from tests.support.needs import module


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "cells.tflite"
    path.write_bytes(map_network(softmax=True))
    return path


def boxes(folder: Path, classes: str) -> Path:
    """Six images of 24 x 18 with a box each, as YOLO has them."""
    images = module("PIL.Image")
    folder.mkdir()
    (folder / "classes.txt").write_text(classes)
    for index in range(6):
        pixels = np.random.default_rng(index).integers(0, 256, (18, 24), np.uint8)
        images.fromarray(pixels).save(folder / f"{index}.png")
        (folder / f"{index}.txt").write_text(f"{index % 2} 0.5 0.5 0.5 0.5\n")
    return folder


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--images", "a.npz", "--detect", "0.5"), "--images is of classifiers"),
        (("--data", "a", "--data-dir", "a", "--detect", "0.5"), "--data-dir is of classifiers"),
        (("--data", "a", "--detect", "0.5", "--picture", "a.gif"), "a.gif: no kind of picture"),
        (("--data", "a", "--picture", "a.png"), "--picture shows objects"),
        (("--data", "nowhere", "--detect", "0.5"), "nowhere: no such file or folder"),
    ],
)
def test_what_cannot_be_measured_is_refused(options: tuple[str, ...], complaint: str, model: Path) -> None:
    outcome = mcugen("accuracy", model, *options)
    assert outcome.code == 2
    assert complaint in outcome.error


@pytest.mark.needs("pillow")
def test_other_classes_are_refused(model: Path, tmp_path: Path) -> None:
    outcome = mcugen("accuracy", model, "--data", boxes(tmp_path / "data", "cup\n"), "--detect", "0.5")
    assert outcome.code == 2
    assert "data" in outcome.error


@pytest.mark.needs("pillow")
def test_objects_of_some_images(model: Path, tmp_path: Path) -> None:
    data = boxes(tmp_path / "data", "cup\nspoon\n")
    outcome = mcugen("accuracy", model, "--data", data, "--detect", "0.3", "--limit", "1", "--json")
    assert outcome.code == 0, outcome.stderr
    every, cup, spoon = outcome.json["objects"]
    assert (cup["label"], spoon["label"]) == ("cup", "spoon")
    assert (every["objects"], every["found"] + every["wrong"] > 0) == (1, True)
    assert outcome.json["top1"] is None
    shown = mcugen("accuracy", model, "--data", data, "--detect", "0.3")
    assert "precision" in shown.stdout


@pytest.mark.needs("pillow", "matplotlib")
def test_names_are_no_formulas_in_the_picture(model: Path, tmp_path: Path) -> None:
    data = boxes(tmp_path / "data", "$\\foo$\nspoon\n")
    options = ("--data", data, "--detect", "0.3", "--picture", tmp_path / "found.svg")
    outcome = mcugen("accuracy", model, *options)
    assert outcome.code == 0, outcome.stderr
    assert (tmp_path / "found.svg").read_text().count("<svg") == 1
