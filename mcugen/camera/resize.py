"""Resizing of one axis as integer weights, the same for rows and columns: what the C code has as constants."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np


@dataclass(frozen=True)
class Area:
    """Every source pixel is `source_units` wide, every one of the result `units`, which is their ratio in lowest terms;
    both lines have one length. The result is the mean over what it covers."""

    source: int
    size: int

    @property
    def source_units(self) -> int:
        return self.size // gcd(self.source, self.size)

    @property
    def units(self) -> int:
        """Sum of the weights of a pixel of the result."""
        return self.source // gcd(self.source, self.size)

    def weights(self) -> np.ndarray:
        """int64 [size, source]."""
        ends = np.arange(self.source + 1) * self.source_units
        first = np.arange(self.size)[:, None] * self.units
        covered = np.minimum(ends[None, 1:], first + self.units) - np.maximum(ends[None, :-1], first)
        return np.maximum(covered, 0)


@dataclass(frozen=True)
class Nearest:
    """The source pixel that holds the middle of the result's, floor((x + 1/2) * source / size), as Pillow's NEAREST."""

    source: int
    size: int
    units = 1

    def places(self) -> np.ndarray:
        """int64 [size]: the source pixel of each."""
        return (2 * np.arange(self.size) + 1) * self.source // (2 * self.size)

    def weights(self) -> np.ndarray:
        """int64 [size, source]."""
        found = np.zeros((self.size, self.source), np.int64)
        found[np.arange(self.size), self.places()] = 1
        return found


@dataclass(frozen=True)
class Bilinear:
    """Between the two source pixels around the result's middle, (x + 1/2) * source / size - 1/2, edges repeated; no
    smoothing where it shrinks, as OpenCV's INTER_LINEAR and torch's interpolate."""

    source: int
    size: int

    @property
    def units(self) -> int:
        """Sum of the two weights."""
        return 2 * self.size

    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """int64 [size] each: the first of the two pixels, and the weight of the second, of `units`."""
        middle = (2 * np.arange(self.size) + 1) * self.source - self.size
        middle = np.clip(middle, 0, (self.source - 1) * self.units)
        first = np.minimum(middle // self.units, max(self.source - 2, 0))
        return first, middle - first * self.units

    def weights(self) -> np.ndarray:
        """int64 [size, source]."""
        first, second = self.places()
        found = np.zeros((self.size, self.source), np.int64)
        rows = np.arange(self.size)
        found[rows, first] = self.units - second
        if self.source > 1:
            found[rows, first + 1] += second
        return found


AXES: dict[str, type[Area | Nearest | Bilinear]] = {"area": Area, "nearest": Nearest, "bilinear": Bilinear}


def scale(level: int, total: int) -> tuple[int, int]:
    """What a sum of weighted values, whose largest is `level`, is multiplied with and divided by to be 0 to 255."""
    common = gcd(255, level)
    return 255 // common, level // common * total


def resize(
    values: np.ndarray,
    down: Area | Nearest | Bilinear,
    across: Area | Nearest | Bilinear,
    levels: tuple[int, ...] = (255, 255, 255),
) -> np.ndarray:
    """uint8 [height, width, C] of uint8 [source height, source width, C]: sums of weighted values, divided by the sum
    of weights and by the largest value of a channel, of `levels`, for 255, and rounded half up."""
    pairs = [scale(level, down.units * across.units) for level in levels[: values.shape[-1]]]
    factor, divisor = (np.array(numbers) for numbers in zip(*pairs, strict=True))
    # Sums are below 2^53, so that floating point, which BLAS is quick in, has every one without error.
    rows = np.tensordot(down.weights().astype(np.float64), values.astype(np.float64), axes=(1, 0))
    sums = np.tensordot(across.weights().astype(np.float64), rows, axes=(1, 1)).transpose(1, 0, 2).astype(np.int64)
    return ((sums * factor + divisor // 2) // divisor).astype(np.uint8)
