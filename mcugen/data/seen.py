"""Images as a board's camera would bring them to the net: by a frame of the picture and the integers of `--camera`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mcugen.camera import Camera, CameraOptions, frame_of, picture_size
from mcugen.data.resize import Resize, resize_image
from mcugen.extras import require

if TYPE_CHECKING:
    from PIL.Image import Image


def seen_image(image: Image, camera: Camera, resize: Resize) -> np.ndarray:
    """Pixels uint8 [height, width, channels] of the net's image, of an image that `resize` makes fill the frame's
    crop."""
    filled = resize_image(image.convert("RGB"), *picture_size(camera), resize)
    return camera(frame_of(np.asarray(filled), camera))


def seen_pixels(images: np.ndarray, camera: CameraOptions) -> np.ndarray:
    """The same of images uint8 [N, height, width, 1 or 3] that have the net's size already."""
    pillow = require("PIL.Image", "torch", "images of a camera")
    known = camera.of(images.shape[1:])
    seen = np.empty_like(images)
    for index, image in enumerate(images):
        picture = pillow.fromarray(image[..., 0] if image.shape[2] == 1 else image)
        seen[index] = seen_image(picture, known, Resize.RESIZE)
    return seen
