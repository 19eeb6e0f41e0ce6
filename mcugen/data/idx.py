"""MNIST and its like: IDX files of images and labels, gzipped or not."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from mcugen.bounded import read_gzip
from mcugen.data.dataset import Dataset
from mcugen.diagnostics import McugenError

DIRECTORY = Path("/usr/share/datasets/fashion-mnist")
FASHION_MNIST_CLASSES = (
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
_PACKAGE = "apt-get install dataset-fashion-mnist, or name the files' directory with --data-dir"
_FILES = "MNIST's are train-images-idx3-ubyte, train-labels-idx1-ubyte and the same of t10k, plain or as .gz"


def load_fashion_mnist(directory: Path = DIRECTORY, split: str = "t10k") -> Dataset:
    """Images uint8 [N, 28, 28] and labels. split: "t10k" (10,000 test images) or "train" (60,000).

    Raises McugenError naming the package to install if the files are absent, or the file that is damaged.
    """
    return _load(directory, split, "fashion-mnist", FASHION_MNIST_CLASSES, _PACKAGE)


def load_mnist(directory: Path, split: str = "t10k") -> Dataset:
    """Images uint8 [N, height, width] and labels of IDX files named as MNIST's. split: "t10k" or "train".

    Raises McugenError naming the file that is absent or damaged.
    """
    return _load(directory, split, directory.name, (), _FILES)


def is_mnist(directory: Path) -> bool:
    """Whether the directory has images as IDX files, under one of the names that MNIST's have."""
    return _find(directory, "train-images-idx3-ubyte").exists()


def _load(directory: Path, split: str, name: str, classes: tuple[str, ...], absent: str) -> Dataset:
    images = read_idx(_find(directory, f"{split}-images-idx3-ubyte"), 3, absent)
    labels = read_idx(_find(directory, f"{split}-labels-idx1-ubyte"), 1, absent)
    if len(images) != len(labels):
        raise McugenError(f"{directory}: {len(images)} images but {len(labels)} labels")
    return Dataset(name, images, labels.astype(np.int64), classes)


def _find(directory: Path, name: str) -> Path:
    """The file under the names that are in use; the first of them where there is none."""
    names = (f"{name}.gz", name, name.replace("-idx", ".idx"), f"{name.replace('-idx', '.idx')}.gz")
    return next((directory / n for n in names if (directory / n).exists()), directory / names[0])


def read_idx(path: Path, rank: int, absent: str = _FILES) -> np.ndarray:
    """The unsigned bytes of an IDX file of this many dimensions, gzipped if its name ends so.

    absent: what to do where there is no such file. Raises McugenError naming the file.
    """
    if not path.exists():
        raise McugenError(f"{path}: no such file", absent)
    data = read_gzip(path) if path.suffix == ".gz" else path.read_bytes()
    header = 4 + 4 * rank
    if data[:4] != bytes((0, 0, 8, rank)) or len(data) < header:
        raise McugenError(f"{path}: not an IDX file of unsigned bytes in {rank} dimensions")
    shape = tuple(int(n) for n in np.frombuffer(data, ">u4", rank, 4))
    if len(data) != header + math.prod(shape):
        raise McugenError(f"{path}: {len(data)} bytes do not fit its shape {shape}")
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)
