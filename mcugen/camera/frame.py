"""Frames of pictures: what a camera would send of one, to see by `Camera` what reaches the net of it."""

from __future__ import annotations

import numpy as np

from mcugen.camera.camera import Camera
from mcugen.camera.color import LUMA
from mcugen.diagnostics import McugenError


def picture_size(camera: Camera) -> tuple[int, int]:
    """Height and width of the pictures that `frame_of` takes: what is used of the frame, turned as the net sees it."""
    _, _, width, height = camera.window
    return (height, width) if camera.rotate % 180 == 0 else (width, height)


def frame_of(picture: np.ndarray, camera: Camera) -> np.ndarray:
    """uint8 [height, bytes of a row], the frame whose crop shows a picture, uint8 [height, width, 3] (`picture_size`).

    The picture is as the net sees it: a sensor that `camera` mirrors and rotates sees it the other way round. Beside
    the crop the frame is black. Five and six bits are rounded, two pixels of 4:2:2 share the mean of their chromas
    (ITU-T T.871), of Bayer's pixels each keeps its one colour. Raises McugenError for another shape.
    """
    if picture.shape != (*picture_size(camera), 3):
        raise McugenError(f"the picture is {list(picture.shape)}", f"{[*picture_size(camera), 3]}")
    turned = np.rot90(picture, camera.rotate // 90)
    turned = turned[:, ::-1] if camera.mirror else turned
    x, y, width, height = camera.window
    whole = np.zeros((camera.height, camera.width, 3), np.uint8)
    whole[y : y + height, x : x + width] = turned
    return np.ascontiguousarray(_bytes_of(whole, camera.kind.name))


def _bytes_of(pixels: np.ndarray, name: str) -> np.ndarray:
    height = len(pixels)
    if name == "rgb888":
        return pixels.reshape(height, -1)
    if name == "bgr888":
        return pixels[..., ::-1].reshape(height, -1)
    if name.startswith("bayer-"):
        return _bayer(pixels, name.removeprefix("bayer-"))
    red, green, blue = np.moveaxis(pixels.astype(np.int32), -1, 0)
    gray = (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue + (1 << 15)) >> 16
    if name == "gray":
        return gray.astype(np.uint8)
    if name.startswith("rgb565"):
        words = (_fewer(red, 31) << 11) | (_fewer(green, 63) << 5) | _fewer(blue, 31)
        return words.astype("<u2" if name == "rgb565le" else ">u2").view(np.uint8)
    u, v = ((_chroma(blue, gray, 1.772) + 128), (_chroma(red, gray, 1.402) + 128))
    quads = np.empty((height, pixels.shape[1] // 2, 4), np.uint8)
    luma = 0 if name == "yuyv" else 1
    quads[..., luma::2] = gray.reshape(height, -1, 2)
    quads[..., 1 - luma :: 2] = np.clip(np.stack([u, v], axis=-1), 0, 255)
    return quads.reshape(height, -1)


def _fewer(values: np.ndarray, most: int) -> np.ndarray:
    return (values * most + 127) // 255


def _chroma(color: np.ndarray, gray: np.ndarray, divisor: float) -> np.ndarray:
    """Of two neighbours the mean difference, int32 [height, width / 2]."""
    differences = (color - gray).reshape(len(color), -1, 2).mean(axis=-1)
    return np.floor(differences / divisor + 0.5).astype(np.int32)


def _bayer(pixels: np.ndarray, pattern: str) -> np.ndarray:
    made = np.empty(pixels.shape[:2], np.uint8)
    for place, color in enumerate(pattern):
        rows, columns = slice(place // 2, None, 2), slice(place % 2, None, 2)
        made[rows, columns] = pixels[rows, columns, "rgb".index(color)]
    return made
