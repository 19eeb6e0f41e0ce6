"""Fashion-MNIST as numpy arrays, read from the gzipped IDX files of Debian's `dataset-fashion-mnist`."""

import gzip
from pathlib import Path

import numpy as np

DEFAULT_ROOT = Path("/usr/share/datasets/fashion-mnist")
LABELS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
BORDER = 2  # zero pixels added on every side, 28 -> 32


def read_idx(path: Path) -> np.ndarray:
    """Read one gzipped IDX file of unsigned bytes; the array has the shape its header states."""
    with gzip.open(path, "rb") as stream:
        data = stream.read()
    if data[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path} is not an IDX file of unsigned bytes")
    rank = data[3]
    shape = np.frombuffer(data, ">u4", count=rank, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load(split: str, root: Path = DEFAULT_ROOT) -> tuple[np.ndarray, np.ndarray]:
    """Return images uint8 (N, 28, 28) and labels int64 (N,) of `split`, which is "train" or "t10k"."""
    images = read_idx(root / f"{split}-images-idx3-ubyte.gz")
    labels = read_idx(root / f"{split}-labels-idx1-ubyte.gz")
    return images, labels.astype(np.int64)


def network_input(images: np.ndarray) -> np.ndarray:
    """Turn uint8 (N, 28, 28) into the network's float32 (N, 1, 32, 32): zero border, then pixel / 255."""
    padded = np.pad(images, ((0, 0), (BORDER, BORDER), (BORDER, BORDER)))
    return padded[:, np.newaxis].astype(np.float32) / np.float32(255)
