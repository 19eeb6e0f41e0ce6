"""Images with bounding boxes in a net's size."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen.camera import Camera, picture_size
from mcugen.data.annotated import LAYOUT, Annotated, Box
from mcugen.data.annotations import read_parts
from mcugen.data.files import decoding_errors, decoding_failure, upright
from mcugen.data.resize import Resize, image_mode, resize_image
from mcugen.data.seen import seen_image
from mcugen.diagnostics import McugenError
from mcugen.extras import require

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class BoxDataset:
    """name: for people. images: uint8 [N, H, W, C]. boxes: of each image float64 [K, 5]: class by number, left, top,
    right and bottom in pixels of `images`. classes: names of objects. skipped: files that could not be read, each with
    the reason. files: paths of the images. unused: names of classes that the annotations list, and no image has.
    lost: how many boxes have no area in what is seen of their image, and are left out.
    """

    name: str
    images: np.ndarray
    boxes: tuple[np.ndarray, ...]
    classes: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    lost: int = 0


def load_boxes(
    data: Path,
    *,
    height: int,
    width: int,
    channels: int,
    resize: Resize = Resize.RESIZE,
    split: float = 0.2,
    seed: int = 0,
    progress: Progress | None = None,
    camera: Camera | None = None,
) -> tuple[BoxDataset, BoxDataset]:
    """Training and test images uint8 [N, height, width, channels] with their boxes.

    data: see `read_parts`, which tells the split where there is one; else the part `split` of the images, drawn by
    `seed`, is for testing. Classes are numbered in the order of their names. Boxes move with the image and are cut to
    it; those of which nothing is left are left out. camera: images reach the net as by this camera. Raises McugenError
    where there is nothing to read, or Pillow is not installed.
    """
    image_mode(channels)
    train, test, declared = _parts(data, split, seed)
    classes = tuple(sorted({box.label for image in (*train, *test) for box in image.boxes}))
    unused = tuple(sorted(declared - set(classes)))
    require("PIL.Image", "torch", "reading images")
    total, done = len(train) + len(test), 0

    def dataset(part: Sequence[Annotated]) -> BoxDataset:
        nonlocal done
        lost = 0
        images, boxes, skipped, files = [], [], [], []
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            every = pool.map(lambda each: _read(each, height, width, channels, resize, classes, camera), part)
            for image, read in zip(part, every, strict=True):
                done += 1
                if progress is not None:
                    progress("reading images", done, total)
                if isinstance(read, str):
                    skipped.append(f"{image.path}: {read}")
                    continue
                images.append(read[0])
                boxes.append(read[1])
                lost += len(image.boxes) - len(read[1])
                files.append(str(image.path))
        if not images:
            raise McugenError(f"{data}: no readable image is left", LAYOUT)
        return BoxDataset(
            data.name, np.stack(images), tuple(boxes), classes, tuple(skipped), tuple(files), unused, lost
        )

    return dataset(train), dataset(test)


def move_box(box: Box, size: tuple[int, int], height: int, width: int, resize: Resize) -> tuple[float, ...]:
    """left, top, right, bottom of a box once its image, of `size` (width, height), is `width` x `height` by
    `resize_image`: cut to the image."""
    across, down = width / size[0], height / size[1]
    if resize is Resize.CROP:
        across = down = max(across, down)
    elif resize is Resize.PAD:
        across = down = min(across, down, 1.0)
    # Whole pixels, where Pillow pads.
    left = (width - round(size[0] * across)) // 2 if resize is Resize.PAD else (width - size[0] * across) / 2
    top = (height - round(size[1] * down)) // 2 if resize is Resize.PAD else (height - size[1] * down) / 2
    x, y = (size[0] * across, size[1] * down) if box.relative else (across, down)
    bounds = (box.left * x + left, box.top * y + top, box.right * x + left, box.bottom * y + top)
    return tuple(float(np.clip(bound, 0, (width, height)[index % 2])) for index, bound in enumerate(bounds))


def _parts(data: Path, split: float, seed: int) -> tuple[Sequence[Annotated], Sequence[Annotated], set[str]]:
    """Images to train on and to test on, and all classes that are listed."""
    annotations, test = read_parts(data)
    if test is not None:
        return annotations.images, test.images, {*annotations.declared, *test.declared}
    if not 0 < split < 1:
        raise McugenError(f"a split of {split:g} leaves nothing to train or to test", "it is a part, such as 0.2")
    images = annotations.images
    if len(images) < 2:
        raise McugenError(f"{data}: one image is not enough to train and to test")
    order = np.random.default_rng(seed).permutation(len(images))
    count = min(max(1, round(split * len(images))), len(images) - 1)
    chosen = set(order[:count].tolist())
    parts: tuple[list[Annotated], list[Annotated]] = ([], [])
    for index, image in enumerate(images):
        parts[index in chosen].append(image)
    return *parts, set(annotations.declared)


def _read(
    image: Annotated,
    height: int,
    width: int,
    channels: int,
    resize: Resize,
    classes: tuple[str, ...],
    camera: Camera | None,
) -> tuple[np.ndarray, np.ndarray] | str:
    """Pixels and boxes in the net's size, or why the file cannot be read."""
    from PIL import Image

    try:
        with Image.open(image.path) as opened:
            picture = upright(opened)
            size = picture.size
            if camera is None:
                resized = resize_image(picture.convert(image_mode(channels)), height, width, resize)
                pixels = np.asarray(resized).reshape(height, width, channels)
            else:
                pixels = seen_image(picture, camera, resize)
    except decoding_errors() as error:
        return decoding_failure(error, image.path)
    # By a camera the image first gets the size of what is used of a frame, all of which becomes the net's.
    down, across = (height, width) if camera is None else picture_size(camera)
    scale = np.array([width / across, height / down] * 2)
    moved = [
        (classes.index(box.label), *np.multiply(move_box(box, size, down, across, resize), scale).tolist())
        for box in image.boxes
    ]
    kept = [box for box in moved if box[1] < box[3] and box[2] < box[4]]
    return pixels, np.array(kept, np.float64).reshape(-1, 5)
