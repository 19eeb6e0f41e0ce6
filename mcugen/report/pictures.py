"""Images as PNG, small enough to stand in a page."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

from mcugen.accuracy import Explanation

MOST = 60
"""Pictures of a kind on a page."""


def pictures(explanation: Explanation) -> dict[int, str]:
    """Of the first images that int8 gets wrong, and of the first that flipped, by their index; empty where the data set
    holds no pixels."""
    sample = explanation.sample
    images = sample.dataset.images
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in (1, 3)):
        return {}
    places = {int(index): place for place, index in enumerate(sample.indices)}
    wrong = sample.indices[explanation.predicted != sample.dataset.labels][:MOST].tolist()
    shown = dict.fromkeys([*wrong, *(flip.index for flip in explanation.flips[:MOST])])
    return {index: data_uri(images[places[index]]) for index in shown}


def data_uri(pixels: np.ndarray) -> str:
    """uint8 [H, W], [H, W, 1] or [H, W, 3] as a data URI."""
    return png_uri(_png(pixels))


def png_uri(file: bytes) -> str:
    """A PNG file as a data URI."""
    return "data:image/png;base64," + base64.b64encode(file).decode("ascii")


def _png(pixels: np.ndarray) -> bytes:
    """A PNG file (ISO/IEC 15948): 8 bits a sample, gray (colour type 0) or RGB (2), every row without a filter (0)."""
    height, width = pixels.shape[:2]
    rows = pixels.reshape(height, -1)
    colour_type = 0 if rows.shape[1] == width else 2
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    data = zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes(), 9)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
