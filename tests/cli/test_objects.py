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


@pytest.mark.needs("pillow", "matplotlib")
def test_the_report_shows_what_accuracy_measures(model: Path, tmp_path: Path) -> None:
    data, page = boxes(tmp_path / "data", "cup\nspoon\n"), tmp_path / "page.html"
    options = ("--data", data, "--detect", "0.3")
    outcome = mcugen("report", model, *options, "--no-boards", "-o", page, "--json")
    assert outcome.code == 0, outcome.stderr
    detection = outcome.json["detection"]
    assert detection["accuracy"] == mcugen("accuracy", model, *options, "--json").json
    generated = mcugen("generate", model, "-o", tmp_path / "c", "--detect", "0.3", "--json").json
    assert detection["detector_bytes"] == generated["detector_bytes"]
    assert outcome.json["warnings"] == detection["accuracy"]["input"]["warnings"]
    assert outcome.json["activations"]["source"] == detection["accuracy"]["data"]
    text = page.read_text()
    every, cup, _ = detection["accuracy"]["objects"]
    assert f"F1 by object {every['f1']:.2%}" in text
    assert f"{cup['recall']:.1%}</td>" in text
    assert text.count('id="objects-picture" src="data:image/png;base64,') == 1


@pytest.mark.needs("pillow", "matplotlib")
def test_the_report_says_f1_to_people(model: Path, tmp_path: Path) -> None:
    data, page = boxes(tmp_path / "data", "cup\nspoon\n"), tmp_path / "page.html"
    outcome = mcugen("report", model, "--data", data, "--detect", "0.3", "--no-boards", "-o", page)
    assert (outcome.code, "F1 by object" in outcome.stdout) == (0, True)


def test_reports_without_detect_have_no_objects(model: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert "detection" not in mcugen("report", model, "--no-boards", "-o", page, "--json").json
    assert "objects" not in page.read_text()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--detect", "0.5"), "none are named"),
        (("--data", "a", "--detect", "0.5", "--data-dir", "a"), "--data-dir is of classifiers"),
        (("--data", "a", "--detect", "0.5", "--float", "a.onnx"), "--float is not of --detect"),
        (("--data", "a", "--detect", "0.5", "--task", "embed"), "--task is not of --detect"),
    ],
)
def test_what_a_report_cannot_show_is_refused(
    options: tuple[str, ...], complaint: str, model: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    outcome = mcugen("report", model, *options, "-o", page)
    assert outcome.code == 2
    assert complaint in outcome.error
    assert not page.exists()
