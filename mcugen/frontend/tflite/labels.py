"""Class names that TensorFlow Lite's metadata tools append to a model file as a zip archive."""

from __future__ import annotations

import io
import zipfile
import zlib

_LARGEST_LABELS = 1 << 20
_MOST_FILES = 8
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


def read_labels(data: bytes, classes: int) -> tuple[str, ...]:
    """The lines of the appended text file that has one line for each class, () if there is none.

    A damaged archive counts as none: labels decide nothing.
    """
    try:
        if not zipfile.is_zipfile(io.BytesIO(data)):
            return ()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            texts = [entry for entry in archive.namelist() if entry.endswith(".txt")]
            for entry in texts[:_MOST_FILES]:
                with archive.open(entry) as file:
                    text = file.read(_LARGEST_LABELS).decode("utf-8", errors="replace")
                lines = tuple(line.strip() for line in text.splitlines() if line.strip())
                if len(lines) == classes:
                    return lines
    except _DAMAGED:
        pass
    return ()
