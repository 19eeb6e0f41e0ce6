"""Images as files of the common formats: in a folder for every class, or named by a table."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from mcugen.camera import Camera, picture_size
from mcugen.data.dataset import Dataset, drawn_from_each_class
from mcugen.data.files import (
    IMAGES,
    TEST_PARTS,
    decoding_errors,
    decoding_failure,
    files_beneath,
    is_hidden,
    upright,
)
from mcugen.data.resize import Resize, image_mode, resize_image
from mcugen.data.seen import seen_image
from mcugen.data.table import COLUMNS, Files, read_table
from mcugen.diagnostics import McugenError
from mcugen.extras import require

# Of phones, cameras and design tools; what is no image at all may lie there.
_OTHER_IMAGES = (
    *(".heic", ".heif", ".avif", ".jxl", ".jp2", ".svg", ".psd", ".dng", ".cr2", ".nef", ".arw"),
    *(".ppm", ".pgm", ".tga"),
)
# More than that is kept in a file in place of memory.
_MOST_IN_MEMORY = 1 << 29
_LAYOUT = "images (png, jpg, bmp, webp, gif, tiff) lie in DIR/CLASS, or in DIR/train/CLASS and DIR/test/CLASS"
_OF_BOXES = (".yaml", ".yml", ".json")
_BOXES = "images with boxes are for --task detect"

Progress = Callable[[str, int, int], None]


def load_folder(
    directory: Path,
    *,
    height: int,
    width: int,
    channels: int,
    resize: Resize = Resize.RESIZE,
    split: float = 0.2,
    seed: int = 0,
    progress: Progress | None = None,
    test_only: bool = False,
    per_class: int | None = None,
    camera: Camera | None = None,
) -> tuple[Dataset, Dataset]:
    """Training and test images uint8 [N, height, width, channels] of a folder with a folder for every class, or of a
    table (`read_table`) of files with their classes.

    A folder with `train` and `test` (or `val`) has its split; of any other the part `split` of every class, drawn by
    `seed` and the names of the files, is for testing. Classes are numbered in the order of their names. Files that
    cannot be read as images, and folders in a class, are left out and named in `Dataset.skipped`. test_only: read no
    training images, of which there are then none. per_class: train on so many of each class, drawn by `seed`. camera:
    images reach the net as by this camera (`seen_image`). Raises McugenError if there is nothing to read, a class has
    no readable image, or Pillow is not installed. Beyond 512 MiB the images are a temporary file, which the system
    reads and forgets by itself.
    """
    image_mode(channels)
    if directory.suffix.lower() in _OF_BOXES and directory.is_file():
        raise McugenError(f"{directory}: not a table of images and classes", _BOXES)
    train, test, classes, others = (_of_table if directory.is_file() else _files)(directory, split, seed)
    train = [] if test_only else train
    if per_class is not None:
        train = [train[index] for index in drawn_from_each_class(np.array([n for _, n in train]), per_class, seed)]
    require("PIL.Image", "torch", "reading images")
    read = _Reader(height, width, channels, resize, progress, len(train) + len(test), camera)
    sets = tuple(_dataset(directory, part, classes, read) for part in (train, test))
    for number, name in enumerate(() if test_only else classes):
        if not (sets[0].labels == number).any():
            hint = _BOXES if name == "labels" else COLUMNS if directory.is_file() else _LAYOUT
            raise McugenError(f"{directory}: no readable image of class {name} is left for training", hint)
    if not len(sets[1].images):
        raise McugenError(f"{directory}: no image is left for testing", "raise --split")
    # Of both parts alike, so named with the one that is always looked at.
    return sets[0], replace(sets[1], skipped=sets[1].skipped + others)


def load_images(path: Path, *, height: int, width: int, channels: int, most: int | None) -> tuple[np.ndarray, int]:
    """Pixels uint8 [N, height, width, channels] of an image file, or of the first `most` images (None: of all)
    anywhere beneath a folder in the order of their paths; and how many there are.

    Raises McugenError naming the file: no such, none, one that cannot be read; or Pillow is not installed.
    """
    image_mode(channels)
    single = [path] if path.is_file() else []
    files = files_beneath(path, IMAGES) if path.is_dir() else single
    if not files:
        missing = "no images beneath it" if path.is_dir() else "no such file"
        raise McugenError(f"{path}: {missing}", f"inputs are .npz, .npy or images ({', '.join(IMAGES)})")
    require("PIL.Image", "torch", "reading images")
    reader = _Reader(height, width, channels, Resize.RESIZE, None, 0)
    found = []
    for file in files[:most]:
        result = reader.read(file)
        if isinstance(result, str):
            raise McugenError(f"{file}: {result}", "inputs are .npz, .npy or images")
        found.append(result)
    return np.stack(found), len(files)


def read_files(
    table: Path,
    parts: Sequence[Files],
    *,
    height: int,
    width: int,
    channels: int,
    resize: Resize,
    progress: Progress | None = None,
    camera: Camera | None = None,
) -> list[Dataset]:
    """Of each part the images uint8 [N, height, width, channels] that can be read, with the numbers of their files as
    labels. camera: they reach the net as by this camera. Raises McugenError if Pillow is not installed."""
    require("PIL.Image", "torch", "reading images")
    reader = _Reader(height, width, channels, resize, progress, sum(map(len, parts)), camera)
    return [_dataset(table, part, (), reader) for part in parts]


def _of_table(path: Path, split: float, seed: int) -> tuple[Files, Files, tuple[str, ...], tuple[str, ...]]:
    """As `_files`, of a table."""
    train, test, classes = read_table(path)
    if test is None:
        train, test = _divide(train, len(classes), split, seed)
    if not train:
        raise McugenError(f"{path}: names no images to train on")
    return train, test, classes, ()


def _files(directory: Path, split: float, seed: int) -> tuple[Files, Files, tuple[str, ...], tuple[str, ...]]:
    """Files and class numbers for training and for testing, the names of the classes, and what lies beside the images,
    each with the reason why it is not read."""
    if not directory.is_dir():
        raise McugenError(f"{directory}: no such folder", _LAYOUT)
    folders = _subfolders(directory)
    test_name = next((name for name in TEST_PARTS if name in folders), None)
    if "train" in folders and test_name is not None:
        classes = tuple(_subfolders(directory / "train"))
        unknown = set(_subfolders(directory / test_name)) - set(classes)
        if unknown:
            raise McugenError(f"{directory / test_name / min(unknown)}: a class that {directory}/train does not have")
        train, test = (_labelled(directory / part, classes) for part in ("train", test_name))
    else:
        classes = tuple(folders)
        train, test = _divide(_labelled(directory, classes), len(classes), split, seed)
    homes = [directory / part for part in ("train", test_name or "") if "train" in folders and test_name]
    others = tuple(line for home in homes or [directory] for line in _left_out(home, classes))
    if not classes or not train:
        found = f", but {len(others)} other files and folders: {others[0]}" if others else ""
        raise McugenError(f"{directory}: no images{found}", _LAYOUT)
    return train, test, classes, others


def _subfolders(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.is_dir() and not is_hidden(path))


def _left_out(directory: Path, classes: Sequence[str]) -> list[str]:
    """Folders, and images of formats that are not read, in the folders of the classes."""
    lines = []
    for name in classes:
        for path in sorted((directory / name).iterdir()) if (directory / name).is_dir() else ():
            if path.is_dir() and not is_hidden(path):
                lines.append(f"{path}: a folder in a class; images lie in the class's own folder")
            elif path.suffix.lower() in _OTHER_IMAGES and not is_hidden(path):
                lines.append(f"{path}: {path.suffix} is not read; convert it to png or jpg")
    return lines


def _labelled(directory: Path, classes: Sequence[str]) -> Files:
    return [
        (path, number)
        for number, name in enumerate(classes)
        if (directory / name).is_dir()
        for path in sorted((directory / name).iterdir())
        if path.suffix.lower() in IMAGES and not is_hidden(path) and not path.is_dir()
    ]


def _divide(files: Files, classes: int, split: float, seed: int) -> tuple[Files, Files]:
    """Every class by itself, so that small ones are in both parts: at least one image each where there are two."""
    if not 0 < split < 1:
        raise McugenError(f"a split of {split:g} leaves nothing to train or to test", "it is a part, such as 0.2")
    random = np.random.default_rng(seed)
    train: Files = []
    test: Files = []
    for number in range(classes):
        of_class = [entry for entry in files if entry[1] == number]
        count = min(max(1, round(split * len(of_class))), max(len(of_class) - 1, 0))
        chosen = set(random.permutation(len(of_class))[:count].tolist())
        for index, entry in enumerate(of_class):
            (test if index in chosen else train).append(entry)
    return train, test


class _Reader:
    """Decodes files; knows how many there are for the progress."""

    def __init__(
        self,
        height: int,
        width: int,
        channels: int,
        resize: Resize,
        progress: Progress | None,
        total: int,
        camera: Camera | None = None,
    ) -> None:
        self.shape = (height, width, channels)
        self.resize = resize
        self.camera = camera
        self.progress = progress or (lambda what, done, total: None)
        self.done, self.total = 0, total

    def advance(self) -> None:
        """One more file was read."""
        self.done += 1
        self.progress("reading images", self.done, self.total)

    def read(self, path: Path) -> np.ndarray | str:
        """uint8 [height, width, channels], or why the file cannot be read."""
        from PIL import Image

        height, width, channels = self.shape
        try:
            with Image.open(path) as image:
                # JPEG files are decoded in a smaller size where one is enough.
                down, across = (height, width) if self.camera is None else picture_size(self.camera)
                image.draft(image_mode(channels if self.camera is None else 3), (across * 2, down * 2))
                picture = upright(image)
                if self.camera is not None:
                    return seen_image(picture, self.camera, self.resize)
                resized = resize_image(picture.convert(image_mode(channels)), height, width, self.resize)
                return np.asarray(resized).reshape(self.shape)
        except decoding_errors() as error:
            return decoding_failure(error, path)


def _room(shape: tuple[int, ...]) -> np.ndarray:
    """uint8 of this shape, in a temporary file where there are many."""
    if math.prod(shape) <= _MOST_IN_MEMORY:
        return np.empty(shape, np.uint8)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)


def _dataset(directory: Path, files: Files, classes: tuple[str, ...], reader: _Reader) -> Dataset:
    root = directory if directory.is_dir() else directory.parent
    images = _room((len(files), *reader.shape))
    labels = np.empty(len(files), np.int64)
    skipped: list[str] = []
    names: list[str] = []
    # Pillow decodes without holding the interpreter's lock.
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        decoded = pool.map(reader.read, [path for path, _ in files])
        for (path, label), result in zip(files, decoded, strict=True):
            reader.advance()
            if isinstance(result, str):
                skipped.append(f"{path}: {result}")
                continue
            images[len(names)], labels[len(names)] = result, label
            names.append(os.path.relpath(path, root).replace(os.sep, "/"))
    count = len(names)
    return Dataset(directory.name, images[:count], labels[:count], classes, tuple(skipped), tuple(names))
