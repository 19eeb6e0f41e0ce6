"""Small trainings by `mcugen train` for the tests: images, the command, and what a run leaves."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.command import Outcome, mcugen
from tests.support.needs import module

OPTIONS = ("--alpha", 0.1, "--size", 32, "--batch", 8, "--threads", 1)


def gray_classes(root: Path) -> Path:
    """Three classes of 16 images each: noise around a gray, one corrupt file besides."""
    image = module("PIL.Image")
    random = np.random.default_rng(0)
    for number, name in enumerate(("dark", "gray", "light")):
        (root / name).mkdir()
        for index in range(16):
            pixels = random.integers(0, 60, (20, 24, 3)) + 80 * number
            image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{index}.png")
    (root / "gray" / "broken.png").write_bytes(b"\x89PNG\r\n")
    return root


def command_words(data: Path, output: Path, *options: object) -> list[str]:
    """The words behind `mcugen`."""
    return [str(word) for word in ("train", "--data", data, "-o", output, *OPTIONS, *options)]


def train(data: Path, output: Path, *options: object) -> Outcome:
    """A run of the smallest net."""
    return mcugen(*command_words(data, output, *options))


def metrics(directory: Path) -> list[dict[str, str]]:
    """Lines of a run's metrics.csv, without their seconds."""
    with (directory / "metrics.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        del row["seconds"]
    return rows


def weights(directory: Path) -> dict[str, Any]:
    """Tensors of a run's checkpoint."""
    return module("torch").load(directory / "checkpoint.pt", weights_only=True)["state"]
