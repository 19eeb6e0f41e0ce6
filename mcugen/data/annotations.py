"""Bounding boxes as people have them: Pascal VOC's XML, YOLO's text files, COCO's JSON, CSV tables."""

from __future__ import annotations

import glob
import json
import xml.etree.ElementTree as xml
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcugen.data.table import csv_rows
from mcugen.diagnostics import McugenError

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff")
LAYOUT = (
    "boxes are Pascal VOC's .xml or YOLO's .txt files (with classes.txt) in a folder, COCO's .json, or a .csv with the "
    "columns file, label, left, top, right, bottom"
)
_COLUMNS = ("file", "label", "left", "top", "right", "bottom")
_YOLO_NAMES = ("classes.txt", "obj.names")
_LARGEST_FILE = 256 << 20


@dataclass(frozen=True)
class Box:
    """left, top, right, bottom: pixels of the image, or parts of its width and height where `relative`."""

    label: str
    left: float
    top: float
    right: float
    bottom: float
    relative: bool = False


@dataclass(frozen=True)
class Annotated:
    """An image file with its boxes, which may be none."""

    path: Path
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Annotations:
    """images: in the order of their paths. declared: names of classes that the files list, with boxes or without; none
    where the format has no such list."""

    images: tuple[Annotated, ...]
    declared: tuple[str, ...] = ()


def read_annotations(source: Path) -> Annotations:
    """All images that annotations name, and the classes that they list.

    source: a .json or .csv file, or a folder with files of one format. Raises McugenError naming the file and what in
    it is no annotation.
    """
    if source.is_file():
        readers: dict[str, Callable[[Path], Annotations]] = {".json": _coco, ".csv": _table}
        if source.suffix.lower() not in readers:
            raise McugenError(f"{source}: no file of boxes", LAYOUT)
        found = readers[source.suffix.lower()](source)
    elif source.is_dir():
        found = _folder(source)
    else:
        raise McugenError(f"{source}: no such file or folder", LAYOUT)
    if not any(image.boxes for image in found.images):
        raise McugenError(f"{source}: no boxes", LAYOUT)
    return Annotations(tuple(sorted(found.images, key=lambda image: image.path)), found.declared)


def _folder(folder: Path) -> Annotations:
    names = next((path for name in _YOLO_NAMES for path in sorted(folder.rglob(name))), None)
    single = [path for suffix in ("*.json", "*.csv") for path in sorted(folder.glob(suffix))]
    documents = sorted(folder.rglob("*.xml"))
    if documents:
        return Annotations(tuple(_voc(path, folder) for path in documents))
    if names is not None:
        return _yolo(folder, [line.strip() for line in _text(names).splitlines() if line.strip()])
    if len(single) == 1:
        return read_annotations(single[0])
    raise McugenError(f"{folder}: no boxes", LAYOUT)


def _voc(path: Path, folder: Path) -> Annotated:
    try:
        root = xml.fromstring(_text(path))
        boxes = []
        for item in root.iter("object"):
            bounds = [float(item.findtext(f"bndbox/{side}", "")) for side in ("xmin", "ymin", "xmax", "ymax")]
            # Pixels count from 1, and the last belongs to the box.
            boxes.append(_box(item.findtext("name", ""), bounds[0] - 1, bounds[1] - 1, bounds[2], bounds[3]))
        name = root.findtext("filename", "")
    except (xml.ParseError, ValueError) as error:
        raise McugenError(f"{path}: not Pascal VOC's XML: {error}", LAYOUT) from error
    places = [path.parent, path.parent / "images", path.parent.parent / "JPEGImages", path.parent.parent / "images"]
    return Annotated(_image(path, name or path.stem, places, folder), tuple(boxes))


def _yolo(folder: Path, labels: list[str]) -> Annotations:
    found = []
    for image in sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGES):
        places = [image.with_suffix(".txt")]
        parts = image.relative_to(folder).parts
        if "images" in parts:
            index = parts.index("images")
            places.append(folder.joinpath(*parts[:index], "labels", *parts[index + 1 :]).with_suffix(".txt"))
        path = next((place for place in places if place.is_file()), None)
        lines = [] if path is None else [line.split() for line in _text(path).splitlines() if line.strip()]
        found.append(Annotated(image, tuple(_yolo_box(line, labels, path or image) for line in lines)))
    return Annotations(tuple(found), tuple(labels))


def _yolo_box(words: list[str], labels: list[str], path: Path) -> Box:
    try:
        number, (x, y, width, height) = int(words[0]), map(float, words[1:])
        if number < 0:
            raise ValueError(f"class {number}")
        return _box(labels[number], x - width / 2, y - height / 2, x + width / 2, y + height / 2, relative=True)
    except (ValueError, IndexError) as error:
        raise McugenError(
            f"{path}: not YOLO's class, x, y, width, height: {' '.join(words)[:80]}",
            f"there are {len(labels)} classes, numbered from 0, and parts of the image's size",
        ) from error


def _coco(path: Path) -> Annotations:
    try:
        content: Any = json.loads(_text(path))
        labels = {entry["id"]: str(entry["name"]) for entry in content["categories"]}
        boxes: dict[Any, list[Box]] = {entry["id"]: [] for entry in content["images"]}
        for entry in content["annotations"]:
            x, y, width, height = map(float, entry["bbox"])
            boxes[entry["image_id"]].append(_box(labels[entry["category_id"]], x, y, x + width, y + height))
        files = {entry["id"]: str(entry["file_name"]) for entry in content["images"]}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise McugenError(f"{path}: not COCO's JSON: {type(error).__name__} {error}", LAYOUT) from error
    places = [path.parent, path.parent / "images", path.parent.parent / "images"]
    images = (Annotated(_image(path, files[key], places, None), tuple(boxes[key])) for key in files)
    return Annotations(tuple(images), tuple(name.strip() for name in labels.values() if name.strip()))


def _table(path: Path) -> Annotations:
    found: dict[str, list[Box]] = {}
    rows, columns = csv_rows(path, _text(path))
    if not set(_COLUMNS) <= set(columns):
        raise McugenError(f"{path}: its columns are {', '.join(columns)}", LAYOUT)
    for line, row in rows:
        boxes = found.setdefault(str(row["file"]), [])
        if not row["label"]:
            continue  # an image without objects
        try:
            left, top, right, bottom = (float(row[side]) for side in _COLUMNS[2:])
            boxes.append(_box(row["label"], left, top, right, bottom))
        except (ValueError, TypeError) as error:
            raise McugenError(f"{path}, line {line}: not a box: {error}", LAYOUT) from error
    places = [path.parent, path.parent / "images"]
    images = (Annotated(_image(path, name, places, None), tuple(boxes)) for name, boxes in found.items())
    return Annotations(tuple(images))


def _box(label: str, left: float, top: float, right: float, bottom: float, *, relative: bool = False) -> Box:
    """Raises ValueError for what is no box: sides that are not finite, or the wrong way round."""
    if not label.strip():
        raise ValueError("a box without a label")
    if not (-1e9 < left < right < 1e9 and -1e9 < top < bottom < 1e9):
        raise ValueError(f"a box from {left:g}, {top:g} to {right:g}, {bottom:g}")
    return Box(label.strip(), left, top, right, bottom, relative)


def _image(source: Path, name: str, places: list[Path], folder: Path | None) -> Path:
    """Where an image lies that annotations name: beneath one of the places, and nowhere else."""
    plain = Path(name)
    if plain.is_absolute() or ".." in plain.parts:
        raise McugenError(f"{source}: the image {name!r} lies outside of its folder")
    endings = ("",) if plain.suffix.lower() in IMAGES else IMAGES
    candidates: Iterator[Path] = (place / f"{name}{ending}" for place in places for ending in endings)
    found = next((path for path in candidates if path.is_file()), None)
    if found is None and folder is not None and plain.name:
        found = next((path for path in sorted(folder.rglob(glob.escape(plain.name))) if path.is_file()), None)
    if found is None:
        raise McugenError(f"{source}: there is no image {name!r} beside it")
    return found


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise McugenError(f"{path}: {path.stat().st_size:,} bytes are too many for annotations")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise McugenError(f"{path}: not text in UTF-8", LAYOUT) from error
