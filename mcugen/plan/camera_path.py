"""How the generated code takes a camera's rows: what it sums, in which type, and which columns it writes out."""

from __future__ import annotations

from math import gcd

import numpy as np

from mcugen.camera import Camera
from mcugen.camera.resize import Area

# Source columns of a loop's turn that are written out.
_MOST_UNROLLED = 16
# Sum of weights up to which a word holds those of five, six and five bits: 63 * 32 is below 2^11.
_MOST_IN_WORDS = 32


def camera_values(camera: Camera) -> int:
    """Values of a pixel that are summed: of YUV only the luma where the net is gray."""
    return 1 if camera.kind.kind == "yuv" and camera.output[2] == 1 else camera.kind.channels


def camera_sums(camera: Camera) -> int:
    """Sums that are kept from row to row."""
    rows = {"area": 1, "nearest": 0, "bilinear": 2 if camera.down.source > 1 else 1}[camera.resize]
    return rows * camera.upright[1] * camera_values(camera)


def sum_bytes(camera: Camera) -> int:
    """Of each: two where these suffice for the largest values, else four."""
    units = camera.across.units * (camera.down.units if camera.resize == "area" else 1)
    return 2 if max(camera.kind.levels) * units <= 0xFFFF else 4


def turn_columns(camera: Camera) -> int:
    """Source columns of a turn: twice as many as repeat where a turn has to begin with a pair."""
    return camera.across.units * _times(camera)


def turn_weights(camera: Camera) -> np.ndarray:
    """Of the columns of the result that repeat, the weights of the source columns of a turn, int64 [columns of the
    result, source columns]; no rows where these are too many to be written out."""
    across, times = camera.across, _times(camera)
    if not isinstance(across, Area) or across.units * times > _MOST_UNROLLED or gcd(across.source, across.size) % times:
        return np.zeros((0, 0), np.int64)
    return Area(across.units * times, across.source_units * times).weights()


def sums_in_words(camera: Camera) -> bool:
    """Whether the three values of a pixel are summed in one word."""
    written_out = len(turn_weights(camera)) > 0
    return camera.kind.name.startswith("rgb565") and written_out and camera.across.units <= _MOST_IN_WORDS


def _times(camera: Camera) -> int:
    return 2 if camera.kind.pairs and not camera.kind.bayer and camera.across.units % 2 == 1 else 1
