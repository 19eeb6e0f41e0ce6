"""mcugen report --camera: what the camera is, and pictures of a frame and of the net's image."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from mcugen.camera import FORMATS, Camera, frame_of, picture_size
from mcugen.report.camera import camera_pictures, frame_pixels
from tests.report.test_report import embedded
from tests.support.command import mcugen
from tests.support.needs import module
from tests.support.schemas import conform

CAMERA = ("--camera", "rgb565be:40x30", "--pixels", "offset")


def pictures_of(page: Path) -> list[np.ndarray]:
    """The frame and the net's image, uint8 [height, width, 3]."""
    pillow = module("PIL.Image")
    section = re.search(r'<section id="camera">.*?</section>', page.read_text(), re.DOTALL)
    assert section is not None
    found = re.findall(r"base64,([^\"]*)\"", section[0])
    return [np.asarray(pillow.open(BytesIO(base64.b64decode(text))).convert("RGB")) for text in found]


def test_the_page_says_what_the_camera_is(tflite_model: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    words = ("report", tflite_model, "--no-boards", *CAMERA, "--crop", "4,2,20,24", "--mirror")
    outcome = mcugen(*words, "-o", page, "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    conform(outcome.json, "report")
    assert embedded(page) == outcome.json
    camera = outcome.json["camera"]
    made = mcugen("generate", tflite_model, *words[3:], "-o", tmp_path / "lib", "--target", "cortex-m4", "--json")
    assert made.code == 0, made.stderr
    assert made.json["ram_bytes"] == outcome.json["summary"]["ram_bytes"]
    assert (camera["format"], camera["crop"], camera["mirror"]) == ("rgb565be", [4, 2, 20, 24], True)
    assert (camera["row_bytes"], camera["compared"]) == (2 * 40, None)
    assert camera["picture"].startswith("a test picture")
    text = page.read_text()
    assert '<rect x="4" y="2" width="20" height="24"' in text
    assert f"{camera['ram_bytes']:,} bytes of the context" in text
    frame, image = pictures_of(page)
    assert (frame.shape, image.shape) == ((30, 40, 3), (9, 8, 3))
    # Red grows to the right of what the net sees, which is the sensor's left.
    assert frame[15, 2, 0] > frame[15, 38, 0]
    assert image[5, 0, 0] < image[5, 7, 0]
    assert image[0, 4, 1] < image[8, 4, 1]
    assert "camera: rgb565be 40x30, 20x24 from (4, 2) to 8x9x3" in mcugen(*words, "-o", page).stdout


def test_without_a_camera_there_is_none(tflite_model: Path, tmp_path: Path) -> None:
    outcome = mcugen("report", tflite_model, "--no-boards", "-o", tmp_path / "page.html", "--json")
    assert "camera" not in outcome.json
    assert "#camera" not in (tmp_path / "page.html").read_text()
    refused = mcugen("report", tflite_model, "--mirror")
    assert (refused.code, "add --camera" in refused.error) == (2, True)


@pytest.mark.needs("cc")
def test_running_the_code_compares_the_camera_too(tflite_model: Path, tmp_path: Path) -> None:
    words = ("report", tflite_model, "--no-boards", *CAMERA, "--run", "host", "-o", tmp_path / "page.html")
    outcome = mcugen(*words)
    assert outcome.code == 0, outcome.stderr
    assert "camera equal in 4 frames" in outcome.stdout
    assert embedded(tmp_path / "page.html")["camera"]["compared"]["exact"]


@pytest.mark.needs("pillow")
@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_the_data_is_measured_and_shown_by_the_camera(tflite_model: Path, tmp_path: Path, kind: str) -> None:
    pillow = module("PIL.Image")
    rng = np.random.default_rng(3)
    data = tmp_path / "photos"
    images = rng.integers(0, 256, (12, 9, 8, 3), np.uint8)
    if kind == "folder":
        for number in range(12):
            place = data / f"{number % 4}"
            place.mkdir(parents=True, exist_ok=True)
            pillow.fromarray(rng.integers(0, 256, (60, 50, 3), np.uint8)).save(place / f"{number}.png")
    else:
        data = tmp_path / "images.npz"
        np.savez(data, images=images, labels=np.arange(12) % 4)
    page = tmp_path / "page.html"
    words = (tflite_model, "--data", data, *CAMERA, "--json")
    document = mcugen("report", *words, "--no-boards", "-o", page)
    assert document.code == 0, document.stderr
    measured = mcugen("accuracy", *words).json
    assert document.json["accuracy"]["top1"] == measured["top1"]
    camera = Camera("rgb565be", 40, 30, (9, 8, 3))
    if kind == "folder":
        file = sorted(data.rglob("*.png"))
        name = document.json["camera"]["picture"].partition(" of photos")[0]
        (path,) = (each for each in file if each.name == name)
        opened = pillow.open(path)
    else:
        assert document.json["camera"]["picture"] == "the first image of images.npz"
        opened = pillow.fromarray(images[0])
    height, width = picture_size(camera)
    frame = frame_of(np.asarray(opened.resize((width, height), pillow.Resampling.BILINEAR)), camera)
    shown, image = pictures_of(page)
    assert np.array_equal(image, camera(frame))
    assert np.array_equal(shown, frame_pixels(frame, camera))
    assert not shown[:, :6].any()


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("rotate", [0, 90])
def test_all_formats_have_pictures(name: str, rotate: int) -> None:
    camera = Camera(name, 1000, 30, (12, 12, 1), rotate=rotate)
    height, width = picture_size(camera)
    gray = np.full((height, width, 3), 200, np.uint8)
    frame = frame_of(gray, camera)
    shown = frame_pixels(frame, camera)
    x, y, across, down = camera.window
    assert shown.shape[1] <= 480
    across_of, down_of = shown.shape[1] / 1000, shown.shape[0] / 30
    inside = shown[round((y + down / 2) * down_of), round((x + across / 2) * across_of)]
    assert np.abs(inside.astype(int) - 200).max() <= 8
    assert not shown[:, 0].any() or name in ("yuyv", "uyvy")
    assert camera_pictures(camera, gray) == camera_pictures(camera, gray.copy())
