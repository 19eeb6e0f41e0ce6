"""Makes images with boxes for detection: items of Fashion-MNIST on textured grounds, as a folder in YOLO's form.

    python benchmarks/compose_objects.py DIR [--train N] [--test N] [--size S] [--classes NAME,...]

Each image has none to four items that do not touch, their longer side 20 to 32 pixels, of any brightness and at any
place, on a ground of blotches, grain and stripes. Test images have items of Fashion-MNIST's test images alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from mcugen.data.idx import DIRECTORY, load_fashion_mnist

_MOST_ITEMS = 4
_CLASSES = "T-shirt/top,Trouser,Bag,Ankle boot"


def ground(random: np.random.Generator, size: int) -> np.ndarray:
    """A texture, float [size, size]: coarse blotches and fine grain around a brightness."""
    coarse = Image.fromarray(random.integers(0, 256, (6, 6), np.uint8)).resize((size, size), Image.Resampling.BICUBIC)
    grain = random.normal(0, random.uniform(2, 14), (size, size))
    waves = np.sin(np.arange(size) * random.uniform(0.2, 1.5) + random.uniform(0, 6))
    waves = waves[:, None] if random.random() < 0.5 else waves[None, :]
    contrast = random.uniform(0.1, 0.35)
    return random.uniform(40, 140) + (np.asarray(coarse) - 128.0) * contrast + grain + waves * random.uniform(0, 12)


def compose(
    random: np.random.Generator, size: int, items: list[np.ndarray]
) -> tuple[np.ndarray, list[tuple[int, int, int, int, int]]]:
    """An image uint8 [size, size], and of each item its class, left, top, width and height."""
    image = ground(random, size)
    boxes: list[tuple[int, int, int, int, int]] = []
    for _ in range(random.integers(0, _MOST_ITEMS + 1)):
        number = int(random.integers(len(items)))
        item = items[number][random.integers(len(items[number]))]
        rows, columns = (np.flatnonzero(item.max(axis) > 30) for axis in (1, 0))
        item = item[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        scale = random.uniform(20, 32) / max(item.shape)
        width, height = (max(round(side * scale), 4) for side in item.shape[::-1])
        pixels = np.asarray(Image.fromarray(item).resize((width, height), Image.Resampling.BILINEAR)) / 255.0
        for _ in range(20):
            left, top = (int(random.integers(0, size - side)) for side in (width, height))
            gap = 6
            if all(
                left + width + gap < x or x + w + gap < left or top + height + gap < y or y + h + gap < top
                for _, x, y, w, h in boxes
            ):
                mask = np.clip(pixels * 4, 0, 1)
                part = image[top : top + height, left : left + width]
                part[:] = part * (1 - mask) + mask * (60 + pixels * random.uniform(120, 195))
                boxes.append((number, left, top, width, height))
                break
    return np.clip(image, 0, 255).astype(np.uint8), boxes


def write(folder: Path, part: str, count: int, size: int, classes: list[str], seed: int) -> None:
    """Images, labels and classes.txt of one part."""
    source = load_fashion_mnist(DIRECTORY, part)
    items = [source.images[source.labels == source.classes.index(name)].reshape(-1, 28, 28) for name in classes]
    random = np.random.default_rng(seed)
    for place in ("images", "labels"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / "classes.txt").write_text("\n".join(classes) + "\n")
    for number in range(count):
        image, boxes = compose(random, size, items)
        Image.fromarray(image).save(folder / "images" / f"{number:05}.png")
        lines = [
            f"{label} {(x + w / 2) / size:.6f} {(y + h / 2) / size:.6f} {w / size:.6f} {h / size:.6f}\n"
            for label, x, y, w, h in boxes
        ]
        (folder / "labels" / f"{number:05}.txt").write_text("".join(lines))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", type=int, default=3000)
    parser.add_argument("--test", type=int, default=500)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--classes", default=_CLASSES)
    options = parser.parse_args()
    classes = options.classes.split(",")
    write(options.folder / "train", "train", options.train, options.size, classes, 1)
    write(options.folder / "test", "t10k", options.test, options.size, classes, 2)


if __name__ == "__main__":
    main()
