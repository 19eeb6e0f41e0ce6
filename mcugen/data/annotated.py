"""Images with boxes as annotations say them, and what readers of every format ask."""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass
from pathlib import Path

from mcugen.diagnostics import McugenError

LAYOUT = (
    "boxes are Pascal VOC's .xml or YOLO's .txt files (with data.yaml or classes.txt) in a folder, COCO's .json, or a "
    ".csv with the columns file, label, left, top, right, bottom"
)
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

    @property
    def has_boxes(self) -> bool:
        """Whether there is any."""
        return any(image.boxes for image in self.images)


def checked_box(label: str, left: float, top: float, right: float, bottom: float, *, relative: bool = False) -> Box:
    """Raises ValueError for what is no box: sides that are not finite, or the wrong way round. One without area is."""
    if not label.strip():
        raise ValueError("a box without a label")
    if not (-1e9 < left <= right < 1e9 and -1e9 < top <= bottom < 1e9):
        raise ValueError(f"a box from {left:g}, {top:g} to {right:g}, {bottom:g}")
    return Box(label.strip(), left, top, right, bottom, relative)


def annotation_text(path: Path, hint: str = LAYOUT) -> str:
    """Of a file in UTF-8, or UTF-16 with its mark, which spreadsheets write as "Unicode text"; raises McugenError for
    one that is too long, or no text."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise McugenError(f"{path}: {path.stat().st_size:,} bytes are too many for annotations")
        content = path.read_bytes()
        wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return io.TextIOWrapper(io.BytesIO(content), "utf-16" if wide else "utf-8-sig").read()
    except UnicodeDecodeError as error:
        raise McugenError(f"{path}: not text in UTF-8", hint) from error
