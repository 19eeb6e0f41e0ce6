"""Bounding boxes as people have them: Pascal VOC's XML, YOLO's text files, COCO's JSON, CSV tables."""

from __future__ import annotations

import glob
import json
import os
import re
import xml.etree.ElementTree as xml
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mcugen.data.annotated import LAYOUT, Annotated, Annotations, Box, annotation_text, checked_box
from mcugen.data.files import IMAGES, TEST_PARTS, files_beneath, is_hidden
from mcugen.data.table import csv_rows, decimal, plain_name, table_text
from mcugen.data.yolo import DESCRIPTIONS, read_description, read_yolo
from mcugen.diagnostics import McugenError

_COLUMNS = ("file", "label", "left", "top", "right", "bottom")
_YOLO_NAMES = ("classes.txt", "obj.names")


def read_parts(data: Path) -> tuple[Annotations, Annotations | None]:
    """Images to train on and to test on; None for the latter where nothing says which these are.

    data: see `read_annotations`; a YOLO data.yaml or a folder with one, or a folder with the folders `train` and `test`
    (or `val`), or with these in its `images`. Raises McugenError naming the file and what in it is no annotation.
    """
    if data.suffix.lower() in (".yaml", ".yml") and data.is_file():
        return read_description(data)
    described = next((data / name for name in DESCRIPTIONS if (data / name).is_file()), None)
    if described is not None:
        return read_description(described)
    for home in (data, data / "images"):
        test = next((name for name in TEST_PARTS if (home / name).is_dir()), None)
        if test is not None and (home / "train").is_dir():
            listed = home != data or any((data / name).is_file() for name in _YOLO_NAMES)
            if listed and (labels := _yolo_names(data)) is not None:
                train, tested = (read_yolo(files_beneath(home / part, IMAGES), labels) for part in ("train", test))
                return _with_boxes(train, home / "train"), _with_boxes(tested, home / test)
            if home == data:
                return read_annotations(data / "train"), read_annotations(data / test)
    return read_annotations(data), None


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
    found = _with_boxes(found, source)
    return Annotations(tuple(sorted(found.images, key=lambda image: image.path)), found.declared)


def _with_boxes(found: Annotations, source: Path) -> Annotations:
    if not found.has_boxes:
        raise McugenError(f"{source}: no boxes", LAYOUT)
    return found


def _folder(folder: Path) -> Annotations:
    single = [path for suffix in ("*.json", "*.csv") for path in sorted(folder.glob(suffix)) if not is_hidden(path)]
    documents = files_beneath(folder, (".xml",))
    if documents:
        return Annotations(tuple(_voc(path, folder) for path in documents))
    if (labels := _yolo_names(folder)) is not None:
        return read_yolo(files_beneath(folder, IMAGES), labels)
    if len(single) == 1:
        return read_annotations(single[0])
    raise McugenError(f"{folder}: no boxes", LAYOUT)


def _yolo_names(folder: Path) -> dict[int, str] | None:
    """Names of classes by number, of the first file beneath the folder that has them."""
    lists = [path for path in files_beneath(folder, (".txt", ".names")) if path.name in _YOLO_NAMES]
    if not lists:
        return None
    lines = annotation_text(min(lists, key=lambda path: _YOLO_NAMES.index(path.name))).splitlines()
    return dict(enumerate(line.strip() for line in lines if line.strip()))


def _voc(path: Path, folder: Path) -> Annotated:
    try:
        root = xml.fromstring(annotation_text(path))
        boxes = []
        for item in root.iter("object"):
            bounds = [float(item.findtext(f"bndbox/{side}", "")) for side in ("xmin", "ymin", "xmax", "ymax")]
            # Pixels count from 1, and the last belongs to the box.
            boxes.append(checked_box(item.findtext("name", ""), bounds[0] - 1, bounds[1] - 1, bounds[2], bounds[3]))
        name = root.findtext("filename", "").strip()
    except (xml.ParseError, ValueError) as error:
        raise McugenError(f"{path}: not Pascal VOC's XML: {error}", LAYOUT) from error
    places = [path.parent, path.parent / "images", path.parent.parent / "JPEGImages", path.parent.parent / "images"]
    # Tools write where the file was on another machine, and files are renamed with their annotations.
    names = [re.split(r"[\\/]", name)[-1], path.stem]
    return Annotated(_image(path, [each for each in names if each], places, folder), tuple(boxes))


def _coco(path: Path) -> Annotations:
    try:
        content: Any = json.loads(annotation_text(path))
        labels = {entry["id"]: str(entry["name"]) for entry in content["categories"]}
        files = {entry["id"]: str(entry["file_name"]) for entry in content["images"]}
        boxes: dict[Any, list[Box]] = {key: [] for key in files}
        for entry in content["annotations"]:
            if entry.get("iscrowd"):
                continue  # a crowd is no object
            if entry["image_id"] not in files or entry["category_id"] not in labels:
                raise ValueError(f"an annotation of image {entry['image_id']}, category {entry['category_id']}")
            boxes[entry["image_id"]].append(checked_box(labels[entry["category_id"]], *_coco_bounds(entry)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise McugenError(f"{path}: not COCO's JSON: {type(error).__name__} {str(error)[:200]}", LAYOUT) from error
    # instances_train2017.json lies in annotations, its images in train2017 beside that.
    beside = path.parent.parent / path.stem.rpartition("_")[2]
    places = [path.parent, path.parent / "images", path.parent.parent / "images", beside]
    images = (Annotated(_image(path, [files[key]], places, None), tuple(boxes[key])) for key in files)
    return Annotations(tuple(images), tuple(name.strip() for name in labels.values() if name.strip()))


def _coco_bounds(entry: Any) -> tuple[float, float, float, float]:
    """left, top, right, bottom of its box, or around its outlines where it has none."""
    if entry.get("bbox"):
        x, y, width, height = map(float, entry["bbox"])
        return x, y, x + width, y + height
    outlines = entry.get("segmentation")
    if not isinstance(outlines, list) or not any(outlines):
        raise ValueError(f"annotation {entry.get('id')} has neither a bbox nor outlines")
    across = [float(value) for outline in outlines for value in outline[::2]]
    down = [float(value) for outline in outlines for value in outline[1::2]]
    return min(across), min(down), max(across), max(down)


def _table(path: Path) -> Annotations:
    found: dict[str, list[Box]] = {}
    rows, columns = csv_rows(path, table_text(path))
    if not set(_COLUMNS) <= {plain_name(column) for column in columns}:
        raise McugenError(f"{path}: its columns are {', '.join(columns)}", LAYOUT)
    for line, given in rows:
        row = {plain_name(name): value for name, value in given.items()}
        boxes = found.setdefault((row["file"] or "").strip(), [])
        if not row["label"]:
            continue  # an image without objects
        try:
            left, top, right, bottom = (decimal(row[side]) for side in _COLUMNS[2:])
            boxes.append(checked_box(row["label"], left, top, right, bottom))
        except (ValueError, TypeError) as error:
            raise McugenError(f"{path}, line {line}: not a box: {error}", LAYOUT) from error
    places = [path.parent, path.parent / "images"]
    images = (Annotated(_image(path, [name], places, None), tuple(boxes)) for name, boxes in found.items())
    return Annotations(tuple(images))


def _image(source: Path, names: Sequence[str], places: list[Path], folder: Path | None) -> Path:
    """Where an image lies that annotations name: beneath one of the places or the folder, and nowhere else.

    names: the first of them that is there counts.
    """
    for name in names:
        plain = Path(name.replace("\\", "/"))
        if plain.is_absolute() or ".." in plain.parts:
            raise McugenError(f"{source}: the image {name[:200]!r} lies outside of its folder")
        endings = ("",) if plain.suffix.lower() in IMAGES else IMAGES
        candidates = (place / f"{each}{ending}" for each in (name, plain) for place in places for ending in endings)
        found = next((path for path in candidates if os.path.isfile(path)), None)
        if found is None and folder is not None and plain.name:
            found = next((path for path in sorted(folder.rglob(glob.escape(plain.name))) if path.is_file()), None)
        if found is not None:
            return found
    raise McugenError(f"{source}: there is no image {names[0][:200] if names else ''!r} beside it")
