"""The C that finds objects in a map of classes, in two files beside the library's own."""

from __future__ import annotations

from dataclasses import replace

from mcugen.codegen.environment import environment
from mcugen.codegen.library import Library
from mcugen.detection import Detector
from mcugen.version import __version__


def with_detection(library: Library, detector: Detector) -> Library:
    """The library with the files that find objects."""
    files = detection_files(library.name, detector, by_rows=library.by_rows)
    return replace(library, files={**library.files, **files}, detector=detector)


def detection_files(name: str, detector: Detector, *, by_rows: bool) -> dict[str, str]:
    """NAME_detect.h and NAME_detect.c. by_rows: the library hands rows of its output to a function, which can be
    NAME_detect_row."""
    cells = detector.height * detector.width
    sides = max(detector.height, detector.width)
    variables = {
        "name": name,
        "upper": name.upper(),
        "version": __version__,
        "detector": detector,
        "by_rows": by_rows,
        "open": -(-detector.width // 2),
        "coordinate": "uint8_t" if sides <= 1 << 8 else "uint16_t",
        "count": "uint16_t" if cells * sides < 1 << 16 else "uint32_t",
        "cells": "uint16_t" if cells < 1 << 16 else "uint32_t",
    }
    return {
        f"{name}_detect.{suffix}": environment().get_template(f"detection/detect.{suffix}.j2").render(variables)
        for suffix in ("h", "c")
    }
