"""A table of images: a CSV file with columns file and label, and for those that have a split of their own, part."""

from __future__ import annotations

import csv
from pathlib import Path

from mcugen.diagnostics import McugenError

_COLUMNS = "its first line names the columns: file,label, or file,label,part where part is train or test"
_TEST = ("test", "val", "valid", "validation")

Files = list[tuple[Path, int]]


def read_table(path: Path) -> tuple[Files, Files | None, tuple[str, ...]]:
    """Files with class numbers to train and to test on, None for the latter where no line says a part; and the classes.

    Files are relative to the table's folder. Classes are numbered in the order of their names, which are numbers by
    value where all of them are. Raises McugenError naming the file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise McugenError(f"{path}: not a table of images: {error}", _COLUMNS) from error
    reader = csv.DictReader(text.splitlines())
    columns = [str(name).strip().lower() for name in reader.fieldnames or ()]
    if not {"file", "label"} <= set(columns):
        raise McugenError(f"{path}: has the columns {', '.join(columns) or 'none'}", _COLUMNS)
    reader.fieldnames = columns
    rows: list[tuple[Path, str, str]] = []
    for row in reader:
        file, label = (row["file"] or "").strip(), (row["label"] or "").strip()
        part = (row.get("part") or "train").strip().lower()
        if not file or not label or part not in ("train", *_TEST):
            raise McugenError(f"{path}, line {reader.line_num}: no file, no label, or an unknown part", _COLUMNS)
        rows.append((path.parent / file, label, part))
    labels = {label for _, label, _ in rows}
    numbers = all(label.isascii() and label.isdigit() for label in labels)
    classes = tuple(sorted(labels, key=int) if numbers else sorted(labels))
    parts: tuple[Files, Files] = ([], [])
    for file, label, part in rows:
        parts[part in _TEST].append((file, classes.index(label)))
    return parts[0], parts[1] if parts[1] else None, classes
