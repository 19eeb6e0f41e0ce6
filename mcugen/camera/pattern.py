"""Frames made of numbers, the same here and in the C code, so that a self-test needs no memory for them."""

from __future__ import annotations

import numpy as np

from mcugen.camera.camera import Camera


def pattern(camera: Camera, seed: int, rows: int, columns: int) -> np.ndarray:
    """A frame uint8 [height, bytes of a row] of blocks of so many rows and bytes, in each four bytes that take turns.

    Each is a hash of its place and `seed`, of 32 bits: two rounds of multiplication, and exclusive or with its upper
    half. The C code of NAME_test_frame_row computes the same.
    """
    y = np.arange(camera.height, dtype=np.uint32)[:, None] // np.uint32(rows)
    x = np.arange(camera.row_bytes, dtype=np.uint32)[None]
    bits = np.uint32(seed) + y * np.uint32(0x9E3779B1) + (x // np.uint32(columns) * 4 + x % 4) * np.uint32(0x85EBCA77)
    for shift, factor in ((15, 0x2C1B3C6D), (12, 0x297A2D39)):
        bits = (bits ^ bits >> np.uint32(shift)) * np.uint32(factor)
    return (bits >> np.uint32(24)).astype(np.uint8)
