"""Write Fashion-MNIST with the black border of 2 pixels that 32x32 nets are fed, as IDX files, to the folder `padded`.

`mcugen train --data padded --size 64 --fit resize` makes a teacher of 64x64 images that show what the small net's show:
one that learned on images enlarged without their border is worse on those with it.
"""

import gzip
from pathlib import Path

import numpy as np

from mcugen.data.idx import load_fashion_mnist

BORDER = 2
OUTPUT = Path("padded")


def write_idx(path: Path, values: np.ndarray) -> None:
    """Write `values` uint8 of any shape as an IDX file, compressed by gzip (yann.lecun.com/exdb/mnist)."""
    header = bytes((0, 0, 8, values.ndim)) + np.array(values.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(header + values.tobytes(), mtime=0))


def main() -> None:
    """Write images uint8 (N, 32, 32) and labels uint8 (N,) of both splits."""
    OUTPUT.mkdir(exist_ok=True)
    for split in ("train", "t10k"):
        data = load_fashion_mnist(split=split)
        images = np.pad(data.images, ((0, 0), (BORDER, BORDER), (BORDER, BORDER)))
        write_idx(OUTPUT / f"{split}-images-idx3-ubyte.gz", images)
        write_idx(OUTPUT / f"{split}-labels-idx1-ubyte.gz", data.labels.astype(np.uint8))


if __name__ == "__main__":
    main()
