"""What the reference of the camera path computes: against naive readings, and against Pillow."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mcugen.camera import FORMATS, Camera, CameraOptions
from mcugen.diagnostics import McugenError
from tests.support.command import mcugen
from tests.support.needs import module


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Something smooth, uint8 [height, width, 3]."""
    image = module("PIL.Image")
    small = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3)).astype(np.uint8)
    return np.asarray(image.fromarray(small).resize((width, height), image.Resampling.BICUBIC))


def test_area_is_the_mean_over_what_a_pixel_covers() -> None:
    """Of a column alone, in fractions."""
    values = np.random.default_rng(1).integers(0, 256, 7).astype(np.uint8)
    found = Camera("gray", 1, 7, (3, 1, 1), "all")(values)
    for y, got in enumerate(found.ravel().tolist()):
        first, last = Fraction(7 * y, 3), Fraction(7 * (y + 1), 3)
        covered = [max(Fraction(0), min(last, Fraction(n + 1)) - max(first, Fraction(n))) for n in range(7)]
        mean = sum(part * int(value) for part, value in zip(covered, values, strict=True)) / (last - first)
        assert got == int(mean + Fraction(1, 2))


def test_pillow_makes_the_same_of_whole_ratios() -> None:
    image = module("PIL.Image")
    frame = picture(240, 320)
    box = np.asarray(image.fromarray(frame).resize((80, 60), image.Resampling.BOX)).astype(int)
    assert np.abs(Camera("rgb888", 320, 240, (60, 80, 3))(frame) - box).max() <= 1
    square = np.ascontiguousarray(frame[:, :240])
    nearest = np.asarray(image.fromarray(square).resize((96, 96), image.Resampling.NEAREST))
    assert np.array_equal(Camera("rgb888", 240, 240, (96, 96, 3), resize="nearest")(square), nearest)
    gray = np.asarray(image.fromarray(frame).convert("L"))
    assert np.array_equal(Camera("rgb888", 320, 240, (240, 320, 1))(frame)[..., 0], gray)


def test_formats_hold_the_same_picture() -> None:
    """White, black and the three colours, as each format has them."""
    colours = np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
    for red, green, blue in colours.tolist():
        word = (red >> 3 << 11) | (green >> 2 << 5) | blue >> 3
        pixel = {
            "rgb565le": [word & 255, word >> 8] * 2,
            "rgb565be": [word >> 8, word & 255] * 2,
            "rgb888": [red, green, blue] * 2,
            "bgr888": [blue, green, red] * 2,
        }
        for name, row in pixel.items():
            assert Camera(name, 2, 2, (1, 1, 3), "all")(np.array([row, row], np.uint8)).ravel().tolist() == [
                red,
                green,
                blue,
            ]
        for name in FORMATS:
            if name.startswith("bayer-"):
                cells = [{"r": red, "g": green, "b": blue}[colour] for colour in name[-4:]]
                assert Camera(name, 2, 2, (1, 1, 3))(np.array(cells, np.uint8)).ravel().tolist() == [red, green, blue]


def test_yuv_is_that_of_jpeg() -> None:
    image = module("PIL.Image")
    y, u, v = (np.random.default_rng(n).integers(0, 256, (8, 8)).astype(np.uint8) for n in range(3))
    u, v = np.repeat(u[:, ::2], 2, 1), np.repeat(v[:, ::2], 2, 1)
    wanted = np.asarray(image.merge("YCbCr", [image.fromarray(each) for each in (y, u, v)]).convert("RGB")).astype(int)
    frame = np.stack([y[:, ::2], u[:, ::2], y[:, 1::2], v[:, ::2]], -1)
    assert np.abs(Camera("yuyv", 8, 8, (8, 8, 3))(frame) - wanted).max() <= 1
    swapped = frame[..., [1, 0, 3, 2]]
    assert np.array_equal(Camera("uyvy", 8, 8, (8, 8, 3))(swapped), Camera("yuyv", 8, 8, (8, 8, 3))(frame))
    assert np.array_equal(Camera("yuyv", 8, 8, (8, 8, 1))(frame)[..., 0], y)


def test_turned() -> None:
    frame = np.arange(12, dtype=np.uint8).reshape(3, 4)
    for rotate in (0, 90, 180, 270):
        shape = (3, 4, 1) if rotate % 180 == 0 else (4, 3, 1)
        found = Camera("gray", 4, 3, shape, rotate=rotate)(frame)[..., 0]
        assert np.array_equal(found, np.rot90(frame, -rotate // 90))
        mirrored = Camera("gray", 4, 3, shape, rotate=rotate, mirror=True)(frame)[..., 0]
        assert np.array_equal(mirrored, np.rot90(frame[:, ::-1], -rotate // 90))


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("rgb:8x8", {}),
        ("gray", {}),
        ("gray:8", {}),
        ("gray:0x8", {}),
        ("gray:9999x9999", {}),
        ("yuyv:7x8", {}),
        ("bayer-rggb:8x7", {}),
        ("gray:8x8", {"crop": "middle"}),
        ("gray:8x8", {"crop": "0,0,9,8"}),
        ("gray:8x8", {"crop": "0,0,8"}),
        ("yuyv:8x8", {"crop": "1,0,4,4"}),
        ("bayer-rggb:8x8", {"crop": "0,0,3,4"}),
        ("gray:8x8", {"rotate": 45}),
        ("gray:8x8", {"resize": "cubic"}),
        ("gray:8191x8191", {"crop": "all"}),
    ],
)
def test_what_cannot_be_is_refused(text: str, options: dict[str, object]) -> None:
    with pytest.raises(McugenError):
        CameraOptions(text, **options).of((97, 96, 3))  # type: ignore[arg-type]


def test_a_frame_has_so_many_bytes() -> None:
    with pytest.raises(McugenError, match="of rgb565le has 128 bytes"):
        Camera("rgb565le", 8, 8, (4, 4, 3))(np.zeros(127, np.uint8))
    assert Camera("gray", 4, 4, (2, 2, 3))(bytes(16)).shape == (2, 2, 3)


def test_companions_need_a_camera() -> None:
    refused = mcugen("analyze", "net.tflite", "--mirror")
    assert refused.code == 2
    assert "add --camera" in refused.error
