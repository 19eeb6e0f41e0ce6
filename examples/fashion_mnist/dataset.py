"""Fashion-MNIST as the network takes it, read by mcugen's own reader from Debian's `dataset-fashion-mnist`."""

from pathlib import Path

import numpy as np

from mcugen.data.idx import DIRECTORY, FASHION_MNIST_CLASSES, load_fashion_mnist

DEFAULT_ROOT = DIRECTORY
LABELS = FASHION_MNIST_CLASSES
BORDER = 2  # zero pixels added on every side, 28 -> 32


def load(split: str, root: Path = DEFAULT_ROOT) -> tuple[np.ndarray, np.ndarray]:
    """Return images uint8 (N, 28, 28) and labels int64 (N,) of `split`, which is "train" or "t10k"."""
    data = load_fashion_mnist(root, split)
    return data.images, data.labels


def network_input(images: np.ndarray) -> np.ndarray:
    """Turn uint8 (N, 28, 28) into the network's float32 (N, 1, 32, 32): zero border, then pixel / 255."""
    padded = np.pad(images, ((0, 0), (BORDER, BORDER), (BORDER, BORDER)))
    return padded[:, np.newaxis].astype(np.float32) / np.float32(255)
