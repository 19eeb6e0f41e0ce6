"""A table of images: a CSV file with columns file and label, and for those that have a split of their own, part."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

from mcugen.data.annotated import annotation_text
from mcugen.data.files import TEST_PARTS
from mcugen.diagnostics import McugenError

COLUMNS = "its first line names the columns: file,label, or file,label,part where part is train or test"

Files = list[tuple[Path, int]]


def csv_rows(path: Path, text: str) -> tuple[list[tuple[int, dict[str, Any]]], tuple[str, ...]]:
    """Rows of a CSV file, each with the number of its line, and the names of the columns, which are the rows' keys.

    Columns are told apart by commas, or where the first line has none by semicolons or tabs, as spreadsheets write
    them. A value is None where its row is short. Raises McugenError naming the file where it is no CSV, two of its
    columns have one name, or a row has more values than there are columns.
    """
    first = text.lstrip().partition("\n")[0]
    separator = next((mark for mark in ",;\t" if mark in first), ",")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        names = tuple(map(str, reader.fieldnames or ()))
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise McugenError(f"{path}, line {reader.line_num + 1}: {error}") from error
    if len({plain_name(name) for name in names}) < len(names):
        raise McugenError(f"{path}: two of its columns have one name: {', '.join(names)}", "a name is of one column")
    for line, row in rows:
        if any(row.pop(None, ())):
            raise McugenError(
                f"{path}, line {line}: more values than columns",
                f'what has a "{separator}" in it stands in quotes; decimals are after a point: 1.5',
            )
    return rows, names


def plain_name(column: str) -> str:
    """The name of a column as people mean it: neither capitals nor spaces around it matter."""
    return column.strip().lower()


def decimal(text: str | None) -> float:
    """A number in a table; raises ValueError for what is none. `1_0` is ten in Python only."""
    if text is None or "_" in text:
        raise ValueError(f"{text!r} is no number")
    return float(text)


def table_text(path: Path) -> str:
    """Of a CSV file; raises McugenError for what cannot be read as one."""
    try:
        return annotation_text(path, 'spreadsheets write that as "CSV UTF-8"')
    except OSError as error:
        raise McugenError(f"{path}: not a table of images: {error.strerror or error}", COLUMNS) from error


def beside(table: Path, name: str) -> Path:
    """The file that a table names, from the table's own folder; backslashes are as on Windows."""
    path = table.parent / name
    return table.parent / name.replace("\\", "/") if "\\" in name and not os.path.exists(path) else path


def read_table(path: Path) -> tuple[Files, Files | None, tuple[str, ...]]:
    """Files with class numbers to train and to test on, None for the latter where no line says a part; and the classes.

    Files are relative to the table's folder. Classes are numbered in the order of their names, which are numbers by
    value where all of them are. Raises McugenError naming the file and line.
    """
    read, names = csv_rows(path, table_text(path))
    columns = [plain_name(name) for name in names]
    if not {"file", "label"} <= set(columns):
        raise McugenError(f"{path}: has the columns {', '.join(columns) or 'none'}", COLUMNS)
    rows: list[tuple[Path, str, str]] = []
    for line, given in read:
        row = {plain_name(name): value for name, value in given.items()}
        file, label = (row["file"] or "").strip(), (row["label"] or "").strip()
        part = (row.get("part") or "train").strip().lower()
        if not file or not label or part not in ("train", *TEST_PARTS):
            raise McugenError(f"{path}, line {line}: no file, no label, or an unknown part", COLUMNS)
        rows.append((beside(path, file), label, part))
    labels = {label for _, label, _ in rows}
    numbers = all(label.isascii() and label.isdigit() for label in labels)
    classes = tuple(sorted(labels, key=_by_value) if numbers else sorted(labels))
    parts: tuple[Files, Files] = ([], [])
    for file, label, part in rows:
        parts[part in TEST_PARTS].append((file, classes.index(label)))
    return parts[0], parts[1] if parts[1] else None, classes


def _by_value(digits: str) -> tuple[int, str, str]:
    """Sorts numbers of any length by value."""
    plain = digits.lstrip("0")
    return len(plain), plain, digits
