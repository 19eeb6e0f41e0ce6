"""Images with numbers that a net is to tell of them: a CSV file of file and value columns."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen.camera import Camera
from mcugen.data.files import TEST_PARTS
from mcugen.data.folder import read_files
from mcugen.data.resize import Resize, image_mode
from mcugen.data.table import beside, csv_rows, decimal, plain_name, table_text
from mcugen.diagnostics import McugenError

_COLUMNS = (
    "its first line names the columns: file, one or more of numbers, and where there is a split, part (train, test)"
)
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, eq=False)
class ValueDataset:
    """name: for people. images: uint8 [N, H, W, C]. values: float32 [N, V]. names: of the values. skipped: files that
    could not be read, each with the reason. files: paths of the images in the data set."""

    name: str
    images: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def load_values(
    table: Path,
    *,
    height: int,
    width: int,
    channels: int,
    resize: Resize = Resize.RESIZE,
    split: float = 0.2,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
    camera: Camera | None = None,
) -> tuple[ValueDataset, ValueDataset]:
    """Training and test images uint8 [N, height, width, channels] with the values of their lines.

    Files are relative to the table's folder. Where no line says its part, the part `split` of them, drawn by `seed`, is
    for testing. camera: images reach the net as by this camera. Raises McugenError naming the file and line, or where
    no image is left on one side.
    """
    image_mode(channels)
    files, values, names, parts = _read(table)
    if all(part is None for part in parts):
        if not 0 < split < 1:
            raise McugenError(f"a split of {split:g} leaves nothing to train or to test", "it is a part, such as 0.2")
        order = np.random.default_rng(seed).permutation(len(files))
        tested = set(order[: min(max(1, round(split * len(files))), len(files) - 1)].tolist())
    else:
        tested = {index for index, part in enumerate(parts) if part in TEST_PARTS}
    sides = [[index for index in range(len(files)) if (index in tested) is side] for side in (False, True)]
    listed = [[(files[index], index) for index in side] for side in sides]
    size = {"height": height, "width": width, "channels": channels}
    read = read_files(table, listed, **size, resize=resize, progress=progress, camera=camera)
    for part, purpose in zip(read, ("train", "test"), strict=True):
        if not len(part.images):
            raise McugenError(f"{table}: no readable image is left to {purpose} on", _COLUMNS)
    train, test = (
        ValueDataset(part.name, part.images, values[part.labels], names, part.skipped, part.files) for part in read
    )
    return train, test


def _read(table: Path) -> tuple[list[Path], np.ndarray, tuple[str, ...], list[str | None]]:
    rows, columns = csv_rows(table, table_text(table))
    names = tuple(name for name in columns if plain_name(name) not in ("file", "part"))
    keys = {plain_name(name): name for name in columns}
    if "file" not in keys or not names or not rows:
        raise McugenError(f"{table}: has {len(rows)} lines of the columns {', '.join(columns) or 'none'}", _COLUMNS)
    files, values, parts = [], [], []
    for line, row in rows:
        file, part = (row[keys["file"]] or "").strip(), row[keys["part"]] if "part" in keys else None
        part = part.strip().lower() if part else None
        if not file or part not in (None, "train", *TEST_PARTS):
            raise McugenError(f"{table}, line {line}: no file, or an unknown part", _COLUMNS)
        numbers = [_number(row[name]) for name in names]
        for name, number in zip(names, numbers, strict=True):
            if not abs(number) <= _LARGEST:
                raise McugenError(
                    f"{table}, line {line}: {name.strip()} is {(row[name] or '')[:40]!r}, no finite number",
                    "decimals are after a point: 1.5; columns that are no numbers do not belong into the table",
                )
        files.append(beside(table, file))
        values.append(numbers)
        parts.append(part)
    return files, np.array(values, np.float32), tuple(name.strip() for name in names), parts


def _number(text: str | None) -> float:
    """Not a number where the text is none."""
    try:
        return decimal(text)
    except ValueError:
        return math.nan
