"""Training and test images by the name of a data set or its folder, in a net's size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mcugen.camera import CameraOptions
from mcugen.data.dataset import Dataset
from mcugen.data.folder import load_folder
from mcugen.data.idx import DIRECTORY, is_mnist, load_fashion_mnist, load_mnist
from mcugen.data.resize import Resize, resize_pixels
from mcugen.data.seen import seen_pixels

FASHION_MNIST = "fashion-mnist"


def is_gray(data: str | Path) -> bool:
    """Whether the images of this data set are gray by nature: those of IDX files are."""
    return str(data) == FASHION_MNIST or is_mnist(Path(data))


def load_splits(
    data: str | Path,
    *,
    height: int,
    width: int,
    channels: int,
    fit: Resize | str | None = None,
    split: float = 0.2,
    seed: int = 0,
    data_dir: Path | str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    test_only: bool = False,
    per_class: int | None = None,
    camera: CameraOptions | Mapping[str, Any] | None = None,
) -> tuple[Dataset, Dataset]:
    """Training and test images uint8 [N, height, width, channels], with the names of the classes where known.

    data: "fashion-mnist" (in data_dir, by default where Debian's package has it), a folder with MNIST's IDX files, or
    an image folder or table (`load_folder`, which split and seed are for). fit: how images become that size, by default
    PAD for IDX files, as `mcugen accuracy` does, and RESIZE for image folders. test_only: read no training images, of
    which there are then none. per_class: train on so many images of each class only, drawn by `seed`. camera: bring
    every image to the net as this camera does, whose crop it fills; as its options, or a mapping of them. Raises
    McugenError saying what is absent and how to get it.
    """
    camera = CameraOptions(**camera) if isinstance(camera, Mapping) else camera
    directory = Path(data)
    parts = ("t10k",) if test_only else ("train", "t10k")
    if str(data) == FASHION_MNIST:
        root = DIRECTORY if data_dir is None else Path(data_dir)
        pair = [load_fashion_mnist(root, part) for part in parts]
    elif is_mnist(directory):
        pair = [load_mnist(directory, part) for part in parts]
    else:
        chosen = Resize.RESIZE if fit is None else Resize(fit)
        return load_folder(
            directory,
            height=height,
            width=width,
            channels=channels,
            resize=chosen,
            split=split,
            seed=seed,
            progress=progress,
            test_only=test_only,
            per_class=per_class,
            camera=None if camera is None else camera.of((height, width, channels)),
        )
    chosen = Resize.PAD if fit is None else Resize(fit)
    if not test_only:
        pair[0] = pair[0].some_of_each_class(per_class, seed)
    parts_of_size = (resize_pixels(part.images, height, width, channels, chosen) for part in pair)
    seen = (images if camera is None else seen_pixels(images, camera) for images in parts_of_size)
    *train, test = (
        Dataset(part.name, images, part.labels, part.classes) for part, images in zip(pair, seen, strict=True)
    )
    return train[0] if train else test.first(0), test
