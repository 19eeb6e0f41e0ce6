"""Metrics of every epoch of a run, as CSV and for TensorBoard. Importing this file imports torch."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from mcugen.output import write_file
from mcugen.training.loop import EpochResult

METRICS = "metrics.csv"
TENSORBOARD = "tensorboard"


def test_name(measure: str) -> str:
    """The column of a measure on test images."""
    return "test_loss" if measure == "loss" else measure


def validation_name(measure: str) -> str:
    """The column of a measure on the images held back."""
    return f"validation_{measure}"


def numbers(result: EpochResult) -> dict[str, float]:
    """What was measured in an epoch, by the name of its column."""
    test = {test_name(name): value for name, value in (result.test or {}).items()}
    validation = {validation_name(name): value for name, value in (result.validation or {}).items()}
    return {
        "epoch": result.epoch,
        "lr": result.lr,
        "loss": result.loss,
        **test,
        **validation,
        "seconds": result.seconds,
    }


class Log:
    """A directory's metrics.csv and TensorBoard log, which come with the first epoch; rows after epoch `done` are
    dropped."""

    def __init__(self, directory: Path, done: int, measures: tuple[str, ...], validated: bool) -> None:
        """measures: of the task. validated: whether they are measured on images held back, too."""
        self.directory, self.done = directory, done
        self.path = directory / METRICS
        held = map(validation_name, measures if validated else ())
        self.columns = ("epoch", "lr", "loss", *map(test_name, measures), *held, "seconds")
        self.rows: list[dict[str, str]] = []
        if done and self.path.exists():
            with self.path.open(newline="", encoding="utf-8") as stream:
                self.rows = [row for row in csv.DictReader(stream) if int(row["epoch"]) <= done]
        self.writer: SummaryWriter | None = None

    def write(self, result: EpochResult) -> None:
        """One row, and one point of every curve."""
        if self.writer is None:
            self.directory.mkdir(parents=True, exist_ok=True)
            self.writer = SummaryWriter(str(self.directory / TENSORBOARD), purge_step=self.done + 1)
        values = numbers(result)
        self.rows.append({name: _shown(value) for name, value in values.items()})
        text = io.StringIO()
        table = csv.DictWriter(text, self.columns, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(self.rows)
        write_file(self.path, text.getvalue())
        for name, value in values.items():
            if name != "epoch":
                self.writer.add_scalar(name, value, result.epoch)
        self.writer.flush()

    def close(self) -> None:
        """Closes the TensorBoard log."""
        if self.writer is not None:
            self.writer.close()


def _shown(value: float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
