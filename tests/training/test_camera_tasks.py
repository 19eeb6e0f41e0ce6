"""--camera of nets that tell numbers, vectors or objects: only the images differ."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from mcugen.camera import CameraOptions
from mcugen.cli.train_page import next_commands
from mcugen.data import Resize, load_splits
from mcugen.data.boxes import load_boxes
from mcugen.data.reading import reading_options
from mcugen.data.values import load_values
from tests.detection.test_detector import map_network
from tests.support.command import mcugen
from tests.support.needs import module

Image = module("PIL.Image")

OPTIONS = CameraOptions("rgb565be:40x24", mirror=True)
WORDS = ("--camera", "rgb565be:40x24", "--mirror")


def folder_of(folder: Path, count: int = 12) -> Path:
    """Images of 32 x 24 in two classes, a table of their brightness, and a box in each, as YOLO has them."""
    random = np.random.default_rng(0)
    lines = ["file,light"]
    for index in range(count):
        place = folder / "photos" / f"{index % 2}"
        place.mkdir(parents=True, exist_ok=True)
        light = random.uniform(0, 1)
        pixels = (random.integers(0, 56, (24, 32, 3)) + 200 * light).astype(np.uint8)
        Image.fromarray(pixels).save(place / f"{index}.png")
        lines.append(f"photos/{index % 2}/{index}.png,{light}")
        (folder / "boxes").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / "boxes" / f"{index}.png")
        (folder / "boxes" / f"{index}.txt").write_text(f"{index % 2} 0.25 0.5 0.5 0.25\n")
    (folder / "boxes" / "classes.txt").write_text("cup\nspoon\n")
    (folder / "values.csv").write_text("\n".join(lines))
    return folder


def test_values_and_boxes_are_of_the_images_that_classes_are_of(tmp_path: Path) -> None:
    folder, shape = folder_of(tmp_path), (12, 12, 3)
    how = reading_options({"camera": OPTIONS, "fit": "crop"}, shape)
    size = {"height": 12, "width": 12, "channels": 3}
    labelled = load_splits(folder / "photos", **size, fit=Resize.CROP, camera=OPTIONS)  # type: ignore[arg-type]
    seen = {Path(name).name: image for part in labelled for name, image in zip(part.files, part.images, strict=True)}
    for part in load_values(folder / "values.csv", **how):
        for name, image in zip(part.files, part.images, strict=True):
            assert np.array_equal(image, seen[Path(name).name])
    for boxed in load_boxes(folder / "boxes", **how):
        for name, image, boxes in zip(boxed.files, boxed.images, boxed.boxes, strict=True):
            assert np.array_equal(image, seen[Path(name).name])
            # 4 of 32 columns are cut off on either side; 24 x 24 become 12 x 12.
            assert np.allclose(boxes[0, 1:], (0, 4.5, 6, 7.5))


@pytest.mark.parametrize(("rotate", "fit"), [(0, "resize"), (90, "resize"), (90, "pad")])
def test_boxes_move_with_the_image(tmp_path: Path, rotate: int, fit: str) -> None:
    """A white box on black is where it is said to be, whatever the camera does to the sensor's picture."""
    folder = tmp_path / "boxes"
    folder.mkdir()
    for index in range(2):
        pixels = np.zeros((64, 48, 3), np.uint8)
        pixels[16:32, 12:24] = 255
        Image.fromarray(pixels).save(folder / f"{index}.png")
        (folder / f"{index}.txt").write_text("0 0.375 0.375 0.25 0.25\n")
    (folder / "classes.txt").write_text("cup\n")
    camera = CameraOptions("rgb888:96x80", rotate=rotate, mirror=True)
    _, test = load_boxes(folder, **reading_options({"camera": camera, "fit": fit}, (20, 16, 1)))
    _, left, top, right, bottom = test.boxes[0][0]
    rows, columns = np.nonzero(test.images[0][..., 0] > 127)
    found = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    assert np.abs(np.array(found) - (left, top, right, bottom)).max() <= 1


def test_numbers_from_training_to_accuracy(tmp_path: Path) -> None:
    module("torch")
    module("tensorboard")
    folder = folder_of(tmp_path, 24)
    table = folder / "values.csv"
    net = ("--alpha", 0.1, "--size", 16, "--batch", 8, "--threads", 1, "--epochs", 1)
    run = tmp_path / "run" / "checkpoint.pt"
    trained = mcugen("train", "--task", "regress", "--data", table, *net, *WORDS, "-o", run.parent, "--json")
    assert trained.code == 0, trained.stderr
    assert trained.json["camera"] == " ".join(WORDS)
    run_page = (run.parent / "report.html").read_text()
    for command in ("accuracy", "report", "validate", "generate"):
        assert re.search(rf"mcugen {command} net\.pt2 .*{' '.join(WORDS)}", run_page)
    again = mcugen("train", "--task", "regress", "--data", table, *net, *WORDS, "-o", run.parent, "--resume")
    assert "generate take the same --camera rgb565be:40x24 --mirror" in again.stdout
    quantized = mcugen("quantize", run, "-o", tmp_path / "net.pt2", "--onnx", tmp_path / "net.onnx", "--json")
    assert quantized.code == 0, quantized.stderr
    (lost,) = quantized.json["mean_absolute_error"]
    words = ("accuracy", tmp_path / "net.pt2", "--data", table, "--json")
    for camera, same in ((WORDS, True), ((), False), (("--float", run), True)):
        outcome = mcugen(*words, *camera)
        assert outcome.code == 0, outcome.stderr
        error = outcome.json["values"][0]["int8"]["mean_absolute_error"]
        assert (error == pytest.approx(lost["int8"], rel=1e-5)) is same
    shown = mcugen(*words[:-1]).stderr
    assert "net was trained by a camera; images reach it as then with --camera rgb565be:40x24 --mirror" in shown
    assert "trained by a" not in mcugen(*words[:-1], *WORDS).stderr
    shown = mcugen(*words[:-1], *WORDS[:-1]).stderr
    assert "net was trained by another camera; images reach it as then with --camera rgb565be:40x24 --mirror" in shown
    for suffix in ("pt2", "onnx"):
        model = tmp_path / f"net.{suffix}"
        made = mcugen("generate", model, "-o", tmp_path / suffix)
        assert f"whose rows the library takes with {' '.join(WORDS)}" in " ".join(made.stdout.split())
        assert "camera_row" not in (tmp_path / suffix / "net.h").read_text()
        made = mcugen("generate", model, *WORDS, "-o", tmp_path / suffix)
        assert ("trained by a camera" in made.stdout, "camera: rgb565be 40x24" in made.stdout) == (False, True)
    page = mcugen("report", tmp_path / "net.pt2", "--data", table, *WORDS, "--no-boards", "-o", tmp_path / "page.html")
    assert page.code == 0, page.stderr
    assert "values.csv" in (tmp_path / "page.html").read_text().partition('id="camera"')[2]


@pytest.mark.parametrize(("classes", "objects"), [(True, False), (False, False), (False, True)])
def test_next_commands_keep_a_whole_image_where_a_frame_is_rotated(classes: bool, objects: bool) -> None:
    """What makes C code needs it, and `accuracy` has no such option."""
    module("torch")
    for rotate in (0, 90):
        camera = {"text": "gray:40x24", "rotate": rotate}
        data = {"data": "photos", "camera": camera}
        lines = next_commands(Path("run"), data, classes=classes, objects=objects)
        by_name = {line.split()[1]: line for line in lines}
        assert list(by_name) == ["quantize", "validate", "accuracy", "report", "generate"]
        for command in ("validate", "accuracy", "report", "generate"):
            assert " --camera gray:40x24" in by_name[command]
            assert ("--resident-image" in by_name[command]) == (rotate > 0 and command != "accuracy")
    assert "accuracy" in " ".join(next_commands(Path("run"), {"data": "photos"}, classes=False))
    assert not any("accuracy" in line for line in next_commands(Path("run"), {"data": "photos"}))


def test_objects_of_images_as_the_camera_brings_them(tmp_path: Path) -> None:
    folder = folder_of(tmp_path) / "boxes"
    model = tmp_path / "cells.tflite"
    model.write_bytes(map_network(softmax=True))
    words = ("accuracy", model, "--data", folder, "--detect", "0.3", "--pixels", "offset", "--json")
    seen, plain = (mcugen(*words, *camera) for camera in (("--camera", "uyvy:40x24"), ()))
    assert (seen.code, plain.code) == (0, 0), seen.stderr + plain.stderr
    assert seen.json["input"]["observed"] != plain.json["input"]["observed"]
    assert seen.json["objects"][0]["objects"] == plain.json["objects"][0]["objects"]
