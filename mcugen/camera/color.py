"""From the values of a format to gray or red, green, blue, in integers."""

from __future__ import annotations

import numpy as np

LUMA = (19595, 38470, 7471)
"""Weights of red, green, blue in gray, of 2^16: ITU-R BT.601, as Pillow's convert("L") has them."""
_HALF = 1 << 15
# ITU-T T.871 (JFIF), full range, of 2^16; libjpeg's jdcolor.c rounds the same numbers.
RED_OF_V, GREEN_OF_U, GREEN_OF_V, BLUE_OF_U = 91881, -22554, -46802, 116130


def pixels_of(values: np.ndarray, kind: str, channels: int) -> np.ndarray:
    """Pixels uint8 [..., 1 or 3 channels] of values uint8 [..., C] of a format's kind: "gray", "rgb" or "yuv"."""
    if kind == "gray" or (kind == "yuv" and channels == 1):
        return np.repeat(values[..., :1], channels, axis=-1)
    if kind == "yuv":
        return _rgb_of_yuv(values)
    if channels == 3:
        return values
    red, green, blue = np.moveaxis(values.astype(np.int32), -1, 0)
    gray = (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue + _HALF) >> 16
    return gray[..., None].astype(np.uint8)


def _rgb_of_yuv(values: np.ndarray) -> np.ndarray:
    y, u, v = np.moveaxis(values.astype(np.int32), -1, 0)
    u, v = u - 128, v - 128
    red = y + ((RED_OF_V * v + _HALF) >> 16)
    green = y + ((GREEN_OF_U * u + GREEN_OF_V * v + _HALF) >> 16)
    blue = y + ((BLUE_OF_U * u + _HALF) >> 16)
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 255).astype(np.uint8)
