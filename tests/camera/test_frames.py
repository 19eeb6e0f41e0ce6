"""Frames of pictures, and images as a camera brings them to the net."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen import reference
from mcugen.camera import FORMATS, ROTATIONS, Camera, CameraOptions, frame_of, picture_size
from mcugen.compiler import compile_model
from mcugen.data import Resize, load_splits, seen_pixels
from mcugen.diagnostics import McugenError
from mcugen.reference.pixels import input_of_pixels
from tests.support.command import mcugen
from tests.support.needs import module, need
from tests.support.small_net import small_network

# How far a frame of one colour comes back: 8 bits exactly, half a step of five bits and of chromas.
FAR = {"rgb565le": 4, "rgb565be": 4, "yuyv": 2, "uyvy": 2}


@given(
    color=st.tuples(*[st.integers(0, 255)] * 3),
    name=st.sampled_from(sorted(FORMATS)),
    resize=st.sampled_from(["area", "nearest", "bilinear"]),
)
def test_one_colour_comes_back(color: tuple[int, int, int], name: str, resize: str) -> None:
    camera = Camera(name, 20, 14, (5, 6, 3), resize=resize)
    seen = camera(frame_of(np.full((*picture_size(camera), 3), color, np.uint8), camera)).astype(int)
    gray = (299 * color[0] + 587 * color[1] + 114 * color[2]) / 1000
    wanted = (gray,) * 3 if name == "gray" else color
    assert np.abs(seen - wanted).max() <= max(FAR.get(name, 0), 1 if name == "gray" else 0)


@given(
    crop=st.sampled_from(["center", "all", (2, 4, 12, 8)]),
    rotate=st.sampled_from(ROTATIONS),
    mirror=st.booleans(),
    seed=st.integers(0, 9),
)
def test_the_net_sees_the_picture_upright(crop: str, rotate: int, mirror: bool, seed: int) -> None:
    """A picture of the net's own size, each pixel of which is a block of the sensor's."""
    camera = Camera("rgb888", 24, 16, (4, 4, 3), crop, rotate=rotate, mirror=mirror)
    height, width = picture_size(camera)
    own = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    picture = np.repeat(np.repeat(own, height // 4, axis=0), width // 4, axis=1)
    assert np.array_equal(camera(frame_of(picture, camera)), own)


def test_other_pictures_are_refused() -> None:
    camera = Camera("rgb888", 24, 16, (4, 4, 3), rotate=90)
    with pytest.raises(McugenError, match=r"the picture is \[4, 4, 3\]"):
        frame_of(np.zeros((4, 4, 3), np.uint8), camera)


def folder_of(directory: Path) -> Path:
    """Two classes of six images each, 64 x 48: reddish and bluish noise."""
    pillow = module("PIL.Image")
    rng = np.random.default_rng(1)
    for name, color in (("blue", (0, 0, 1)), ("red", (1, 0, 0))):
        (directory / name).mkdir(parents=True)
        for number in range(6):
            image = rng.integers(0, 256, (48, 64, 3)) * 0.3 + 150 * np.array(color)
            pillow.fromarray(image.astype(np.uint8)).save(directory / name / f"{number}.png")
    return directory


def test_a_folder_s_images_are_what_the_camera_makes_of_their_frames(tmp_path: Path) -> None:
    pillow = module("PIL.Image")
    folder = folder_of(tmp_path / "photos")
    options = CameraOptions("rgb565be:80x60", mirror=True)
    size = {"height": 16, "width": 16, "channels": 3}
    train, test = load_splits(folder, **size, fit=Resize.CROP, camera=options)  # type: ignore[arg-type]
    camera = options.of((16, 16, 3))
    for part in (train, test):
        for name, image in zip(part.files, part.images, strict=True):
            picture = pillow.open(folder / name).resize((60, 60), pillow.Resampling.BILINEAR, box=(8, 0, 56, 48))
            assert np.array_equal(image, camera(frame_of(np.asarray(picture), camera)))
    plain, _ = load_splits(folder, **size, fit=Resize.CROP)  # type: ignore[arg-type]
    assert 0 < np.abs(plain.images.astype(int) - train.images).mean() < 10


def test_accuracy_is_of_images_as_the_camera_brings_them(tmp_path: Path) -> None:
    need("pillow")
    model = tmp_path / "small.tflite"
    model.write_bytes(small_network(softmax=False))
    options = CameraOptions("uyvy:40x30", mirror=True)
    graph = compile_model(model, pixels="offset", camera=options).imported
    images = np.random.default_rng(2).integers(0, 256, (40, 9, 8, 3), np.uint8)
    seen = seen_pixels(images, options)
    classes = reference.run(graph, input_of_pixels(graph, seen)).reshape(40, -1).argmax(1)
    plain = reference.run(graph, input_of_pixels(graph, images)).reshape(40, -1).argmax(1)
    assert (classes != plain).any()
    np.savez(tmp_path / "images.npz", images=images, labels=classes)
    for camera, right in ((["--camera", "uyvy:40x30", "--mirror"], 40), ([], int((classes == plain).sum()))):
        words = ["accuracy", model, "--data", tmp_path / "images.npz", "--pixels", "offset", *camera, "--json"]
        outcome = mcugen(*words)
        assert outcome.code == 0, outcome.stderr
        assert outcome.json["correct"] == right


@pytest.mark.needs("pillow")
@pytest.mark.parametrize("images", [np.zeros((4, 9, 8, 3), np.float32), np.zeros((4, 9, 8, 2), np.uint8)])
def test_what_are_no_pictures_has_no_camera(images: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "small.tflite").write_bytes(small_network(softmax=False))
    np.savez(tmp_path / "images.npz", inputs=images, labels=np.arange(4))
    words = (tmp_path / "small.tflite", "--data", tmp_path / "images.npz", "--pixels", "offset")
    for command in ("accuracy", "report"):
        outcome = mcugen(command, *words, "--camera", "gray:40x30")
        assert outcome.code == 2
        assert "are no pictures, which --camera is of" in outcome.error


def test_companions_need_the_camera(tmp_path: Path) -> None:
    outcome = mcugen("accuracy", "small.tflite", "--data", "images.npz", "--mirror")
    assert outcome.code == 2
    assert "add --camera" in outcome.error


def test_training_keeps_the_camera_for_whoever_reads_its_images_again(tmp_path: Path) -> None:
    need("torch", "tensorboard")
    folder_of(tmp_path / "photos")
    words = ["train", "--data", "photos", "--alpha", "0.1", "--size", "32", "--epochs", "1", "--batch", "4"]
    camera = ["--camera", "rgb565be:80x60", "--mirror"]
    command = [sys.executable, "-m", "mcugen", *words, *camera, "-o", "run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    from mcugen.training.checkpoint import load_checkpoint

    kept = load_checkpoint(tmp_path / "run" / "checkpoint.pt").data
    options = CameraOptions(**kept["camera"])
    assert options == CameraOptions("rgb565be:80x60", mirror=True)
    _, test = load_splits(**{**kept, "data": tmp_path / "photos"}, height=32, width=32, channels=3, test_only=True)
    _, plain = load_splits(tmp_path / "photos", height=32, width=32, channels=3, test_only=True)
    assert not np.array_equal(test.images, plain.images)
