"""Fashion-MNIST from the gzipped IDX files of Debian's package."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from mcugen.data.dataset import Dataset
from mcugen.diagnostics import McugenError

DIRECTORY = Path("/usr/share/datasets/fashion-mnist")
_PACKAGE = "apt-get install dataset-fashion-mnist, or name the files' directory with --data-dir"


def load_fashion_mnist(directory: Path = DIRECTORY, split: str = "t10k") -> Dataset:
    """Images uint8 [N, 28, 28] and labels. split: "t10k" (10,000 test images) or "train" (60,000).

    Raises McugenError naming the package to install if the files are absent, or the file that is damaged.
    """
    images = read_idx(directory / f"{split}-images-idx3-ubyte.gz", 3)
    labels = read_idx(directory / f"{split}-labels-idx1-ubyte.gz", 1)
    if len(images) != len(labels):
        raise McugenError(f"{directory}: {len(images)} images but {len(labels)} labels")
    return Dataset("fashion-mnist", images, labels.astype(np.int64))


def read_idx(path: Path, rank: int) -> np.ndarray:
    """The unsigned bytes of a gzipped IDX file of this many dimensions; raises McugenError naming the file."""
    if not path.exists():
        raise McugenError(f"{path}: no such file", _PACKAGE)
    try:
        data = gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise McugenError(f"{path}: not a sound gzip file: {error}") from error
    header = 4 + 4 * rank
    if data[:4] != bytes((0, 0, 8, rank)) or len(data) < header:
        raise McugenError(f"{path}: not an IDX file of unsigned bytes in {rank} dimensions")
    shape = tuple(int(n) for n in np.frombuffer(data, ">u4", rank, 4))
    if len(data) != header + int(np.prod(shape)):
        raise McugenError(f"{path}: {len(data)} bytes do not fit its shape {shape}")
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)
