"""Images of any size made to a net's size."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from mcugen.extras import require

if TYPE_CHECKING:
    from PIL.Image import Image


class Resize(str, Enum):
    """RESIZE stretches, CROP keeps the middle at the aspect ratio of the net, PAD surrounds with zeros.

    PAD does not enlarge; larger images shrink until all of them fits.
    """

    RESIZE = "resize"
    CROP = "crop"
    PAD = "pad"


def resize_image(image: Image, height: int, width: int, resize: Resize) -> Image:
    """The image in this size. Bilinear, over the whole area that a pixel covers where it shrinks."""
    from PIL import Image as pillow
    from PIL import ImageOps

    size = (width, height)
    if resize is Resize.CROP:
        return ImageOps.fit(image, size, pillow.Resampling.BILINEAR)
    if resize is Resize.RESIZE:
        return image if image.size == size else image.resize(size, pillow.Resampling.BILINEAR)
    if image.width > width or image.height > height:
        image = ImageOps.contain(image, size, pillow.Resampling.BILINEAR)
    padded = pillow.new(image.mode, size)
    padded.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return padded


def resize_pixels(pixels: np.ndarray, height: int, width: int, channels: int, resize: Resize) -> np.ndarray:
    """uint8 [N, H, W] or [N, H, W, C] to uint8 [N, height, width, channels].

    Gray images become colour by repetition, colour ones gray as luminance (ITU-R BT.601). Raises McugenError if Pillow,
    which everything but padding of equal channels needs, is not installed.
    """
    pixels = pixels[..., None] if pixels.ndim == 3 else pixels
    if pixels.shape[3] == channels and resize is Resize.PAD and pixels.shape[1] <= height and pixels.shape[2] <= width:
        top, left = (height - pixels.shape[1]) // 2, (width - pixels.shape[2]) // 2
        bottom, right = height - pixels.shape[1] - top, width - pixels.shape[2] - left
        return np.pad(pixels, ((0, 0), (top, bottom), (left, right), (0, 0)))
    pillow = require("PIL.Image", "torch", "resizing images")
    resized = np.empty((len(pixels), height, width, channels), np.uint8)
    for index, image in enumerate(pixels.squeeze(-1) if pixels.shape[3] == 1 else pixels):
        converted = pillow.fromarray(image).convert(image_mode(channels))
        resized[index] = np.asarray(resize_image(converted, height, width, resize)).reshape(height, width, channels)
    return resized


def image_mode(channels: int) -> str:
    """Pillow's name of images with so many channels; raises McugenError if that is neither 1 nor 3."""
    from mcugen.diagnostics import McugenError

    if channels not in (1, 3):
        raise McugenError(f"images have 1 channel (gray) or 3 (RGB), not {channels}")
    return "L" if channels == 1 else "RGB"
