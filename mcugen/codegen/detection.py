"""The C that finds objects in a map of classes, in two files beside the library's own."""

from __future__ import annotations

from dataclasses import replace

from mcugen.codegen.environment import environment
from mcugen.codegen.library import Library
from mcugen.detection import Detector
from mcugen.version import __version__

_BYTES = {"uint8_t": 1, "uint16_t": 2, "uint32_t": 4}
_POINTER_BYTES = 4
# found, room and count.
_HEAD_BYTES = _POINTER_BYTES + 4 + 4


def with_detection(library: Library, detector: Detector) -> Library:
    """The library with the files that find objects."""
    files = detection_files(library.name, detector, by_rows=library.by_rows)
    return replace(library, files={**library.files, **files}, detector=detector)


def detection_files(name: str, detector: Detector, *, by_rows: bool) -> dict[str, str]:
    """NAME_detect.h and NAME_detect.c. by_rows: the library hands rows of its output to a function, which can be
    NAME_detect_row."""
    coordinate, count = _types(detector)
    variables = {
        "name": name,
        "upper": name.upper(),
        "version": __version__,
        "detector": detector,
        "by_rows": by_rows,
        "open": _open_objects(detector),
        "coordinate": coordinate,
        "count": count,
        "cells": "uint16_t" if detector.height * detector.width < 1 << 16 else "uint32_t",
    }
    return {
        f"{name}_detect.{suffix}": environment().get_template(f"detection/detect.{suffix}.j2").render(variables)
        for suffix in ("h", "c")
    }


def detector_bytes(detector: Detector) -> int:
    """sizeof NAME_detector where pointers have four bytes: of a variable, or of NAME_detect's own on the stack."""
    coordinate, count = (_BYTES[each] for each in _types(detector))
    open_object = _aligned(4 * count + 4 * coordinate + 2, count)
    fields = _HEAD_BYTES + detector.classes * (_open_objects(detector) * open_object + detector.width)
    return _aligned(fields, _POINTER_BYTES)


def _open_objects(detector: Detector) -> int:
    """Objects of one class that a row of cells can reach: two lie at least two columns apart."""
    return -(-detector.width // 2)


def _types(detector: Detector) -> tuple[str, str]:
    """C types (of a row or column of the map, of the sum of an object's columns or rows)."""
    sides = max(detector.height, detector.width)
    coordinate = "uint8_t" if sides <= 1 << 8 else "uint16_t"
    return coordinate, "uint16_t" if detector.height * detector.width * sides < 1 << 16 else "uint32_t"


def _aligned(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment
