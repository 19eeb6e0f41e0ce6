"""Input images for proofs: extremes first, then seeded random ones; the same bytes on every machine, for ever."""

from __future__ import annotations

import numpy as np

from mcugen.ir import Tensor

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def random_words(count: int, seed: int) -> np.ndarray:
    """`count` random uint64 by the SplitMix64 generator: unlike NumPy's, its numbers never change with a version."""
    with np.errstate(over="ignore"):
        words = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(seed) * np.uint64(1 << 32)) * _GOLDEN
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return words ^ (words >> np.uint64(31))


def random_images(tensor: Tensor, count: int, seed: int) -> np.ndarray:
    """Images [count, height, width, channels] of the tensor's dtype, every value equally likely."""
    words = random_words(count * tensor.size, seed)
    values = (words >> np.uint64(56)).astype(np.int64) + tensor.qmin
    return values.reshape(count, *tensor.shape).astype(tensor.dtype)


def extreme_images(tensor: Tensor) -> np.ndarray:
    """Images [8, height, width, channels] where borders, saturation and zero points show.

    In this order: noise of the two extreme values alone, the minimum everywhere, the maximum, the zero point, a
    checkerboard, channels that alternate, a gradient across and one down.
    """
    low, high = tensor.qmin, tensor.qmax
    y, x, c = np.indices(tensor.shape)
    noise = (random_words(tensor.size, 1) >> np.uint64(63)).astype(np.int64).reshape(tensor.shape)

    def gradient(index: np.ndarray, size: int) -> np.ndarray:
        return low + index * (high - low) // max(size - 1, 1)

    images = [
        np.where(noise == 1, high, low),
        np.full(tensor.shape, low),
        np.full(tensor.shape, high),
        np.full(tensor.shape, tensor.zero_point),
        np.where((x + y) % 2 == 1, high, low),
        np.where(c % 2 == 1, high, low),
        gradient(x, tensor.width),
        gradient(y, tensor.height),
    ]
    return np.stack(images).astype(tensor.dtype)


def proof_images(tensor: Tensor, count: int, seed: int) -> np.ndarray:
    """`count` images [count, height, width, channels]: up to half of them extremes, then random ones."""
    extremes = extreme_images(tensor)[: (count + 1) // 2]
    return np.concatenate([extremes, random_images(tensor, count - len(extremes), seed)])
