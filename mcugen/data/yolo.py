"""YOLO's data sets: a text file of boxes beside each image, or in `labels` where the image is in `images`; the names of
classes in classes.txt, or with the images of each part in data.yaml, as Ultralytics and Roboflow write it
(https://docs.ultralytics.com/datasets/detect/).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mcugen.data.annotated import LAYOUT, Annotated, Annotations, Box, annotation_text, checked_box
from mcugen.data.files import IMAGES, TEST_PARTS, files_beneath
from mcugen.diagnostics import McugenError
from mcugen.extras import require

DESCRIPTIONS = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_FORM = "data.yaml has names: a list or numbered, train: and val: folders from the file or from path:"
_MOST_CLASSES = 10_000


def read_yolo(images: Iterable[Path], labels: Mapping[int, str]) -> Annotations:
    """Images with their boxes, of classes by number. Raises McugenError naming the file whose lines are no boxes."""
    return Annotations(
        tuple(Annotated(image, _boxes_of(image, labels)) for image in sorted(set(images))), tuple(labels.values())
    )


def read_description(path: Path) -> tuple[Annotations, Annotations | None]:
    """Images to train on, and to test on where it names any: those of `test`, or without boxes there of `val`.

    path: a data.yaml. Raises McugenError naming what in it cannot be read.
    """
    content = _content(path)
    labels = _labels(content, path)
    if "kpt_shape" in content:
        raise McugenError(f"{path}: its labels are of keypoints (kpt_shape), not of boxes alone", LAYOUT)
    roots = _roots(content, path)
    if not content.get("train"):
        raise McugenError(f"{path}: names no images to train on", _FORM)
    train = read_yolo(_images(content["train"], roots, path), labels)
    if not train.has_boxes:
        raise McugenError(
            f"{path}: no boxes for {len(train.images):,} images to train on",
            "labels/a.txt is of images/a.jpg: a line is class, x, y, width, height",
        )
    missing: McugenError | None = None
    for name in (name for name in TEST_PARTS if content.get(name)):
        try:
            test = read_yolo(_images(content[name], roots, path), labels)
        except _NoSuchFolderError as error:
            # Roboflow names a part for testing whether there is one or not.
            missing = error
            continue
        if test.has_boxes:
            return train, test
    if missing is not None:
        raise missing
    return train, None


class _NoSuchFolderError(McugenError):
    """A part whose images are not there."""


def _content(path: Path) -> dict[str, Any]:
    yaml = require("yaml", "torch", "reading data.yaml")
    try:
        # All values are text: what YAML takes for no or for an octal number can be the name of a class.
        content = yaml.load(annotation_text(path), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())[:160]
        raise McugenError(f"{path}: not YAML: {reason}", _FORM) from error
    if not isinstance(content, dict):
        raise McugenError(f"{path}: not a description of images with boxes", _FORM)
    return content


def _labels(content: Mapping[str, Any], path: Path) -> dict[int, str]:
    names, count = content.get("names"), content.get("nc")
    try:
        if names is None and count is not None and 0 < int(count) <= _MOST_CLASSES:
            return {number: f"class_{number}" for number in range(int(count))}
        numbered = names if isinstance(names, dict) else dict(enumerate(names if isinstance(names, list) else ()))
        if not all(isinstance(name, str) for name in numbered.values()):
            raise ValueError("a name is a word, not a list")
        labels = {int(number): name.strip() for number, name in numbered.items()}
        if not labels or not all(labels.values()):
            raise ValueError("no names, or an empty one")
        if len(set(labels.values())) < len(labels):
            raise ValueError("a name stands there twice")
        if count and int(count) != len(labels):
            raise ValueError(f"{len(labels)} names, and nc: {count}")
    except (ValueError, TypeError, AttributeError) as error:
        raise McugenError(f"{path}: names no classes: {error}", _FORM) from error
    return labels


def _roots(content: Mapping[str, Any], path: Path) -> list[Path]:
    """Where folders begin: at path:, from the file's folder or the one above it, and at the file, since data sets are
    often moved with it."""
    given = content.get("path")
    home = path.parent
    found = [home / given, home.absolute().parent / given] if isinstance(given, str) and given else []
    return [root for root in found if root.is_dir()] + [home]


def _images(entries: Any, roots: list[Path], source: Path) -> list[Path]:
    """Of folders, and of text files with an image a line."""
    found: list[Path] = []
    for entry in entries if isinstance(entries, list) else [entries]:
        if not isinstance(entry, str):
            raise McugenError(f"{source}: {str(entry)[:80]} is no folder", _FORM)
        place = _place(entry.replace("\\", "/"), roots)
        if place is None:
            raise _NoSuchFolderError(
                f"{source}: there is no {entry[:200]!r} beneath {' or '.join(dict.fromkeys(map(str, roots)))}", _FORM
            )
        if place.is_dir():
            found += files_beneath(place, IMAGES)
        elif place.suffix.lower() == ".txt":
            found += _listed(place, roots)
        else:
            raise McugenError(f"{source}: {entry[:200]!r} is neither a folder nor a list of images (.txt)", _FORM)
    return found


def _place(entry: str, roots: list[Path]) -> Path | None:
    # Roboflow's folders begin with ../ though they lie beside the file.
    entries = (entry, entry.removeprefix("../")) if entry.startswith("../") else (entry,)
    return next((root / each for root in roots for each in entries if os.path.exists(root / each)), None)


def _listed(path: Path, roots: list[Path]) -> list[Path]:
    found = []
    for number, line in enumerate(annotation_text(path).splitlines(), 1):
        name = line.strip().replace("\\", "/")
        if name:
            place = _place(name, [path.parent, *roots])
            if place is None:
                raise McugenError(f"{path}, line {number}: there is no image {name[:200]!r}")
            found.append(place)
    return found


def _boxes_of(image: Path, labels: Mapping[int, str]) -> tuple[Box, ...]:
    path = next((place for place in _label_places(image) if place.is_file()), None)
    if path is None:
        return ()
    lines = (line.split() for line in annotation_text(path).splitlines())
    return tuple(_box(words, labels, path) for words in lines if words)


def _numbers(labels: Mapping[int, str]) -> str:
    """As 0 to 79; of few with gaps each."""
    least, most = min(labels, default=0), max(labels, default=0)
    if most - least + 1 == len(labels) or len(labels) > 10:
        return f"{len(labels)}, numbered {least} to {most}"
    return "numbered " + ", ".join(map(str, sorted(labels)))


def _label_places(image: Path) -> list[Path]:
    parts = image.absolute().parts
    folders = [index for index, part in enumerate(parts[:-1]) if part == "images"]
    within = [Path(*parts[:index], "labels", *parts[index + 1 :]) for index in reversed(folders)]
    return [place.with_suffix(".txt") for place in (image, *within)]


def _box(words: list[str], labels: Mapping[int, str], path: Path) -> Box:
    """Of the middle and the size, or around the points of an outline, as data sets for segmentation have them."""
    try:
        number, values = float(words[0]), [float(word) for word in words[1:]]
        if not all(-1 <= value <= 2 for value in values):
            raise ValueError("not parts of the image's size")
        if len(values) == 4:
            x, y, width, height = values
            bounds = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        elif len(values) >= 6 and len(values) % 2 == 0:
            across, down = values[::2], values[1::2]
            bounds = (min(across), min(down), max(across), max(down))
        else:
            raise ValueError(f"{len(values)} numbers")
        return checked_box(labels[int(number) if number.is_integer() else -1], *bounds, relative=True)
    except (ValueError, LookupError, OverflowError) as error:
        raise McugenError(
            f"{path}: not YOLO's class, x, y, width, height: {' '.join(words)[:80]}",
            f"the classes are {_numbers(labels)}, and the rest are parts of the image's size",
        ) from error
