"""Runs the cells of a sweep on Dask, keeps what is finished, and goes on after a kill or a failed cell."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcugen.diagnostics import McugenError
from mcugen.explore.cells import Cell
from mcugen.extras import require
from mcugen.output import write_file

if TYPE_CHECKING:
    from mcugen.explore.measure import Setup

SETUP = "setup.json"
TABLE = "sweep.csv"
CELLS = "cells"

OnCell = Callable[[Cell, "dict[str, Any] | None", "str | None"], None]
"""Told of every cell as it ends: its row, or why it failed."""


def run_sweep(
    cells: Sequence[Cell],
    setup: Setup,
    directory: Path,
    *,
    scheduler: str | None = None,
    jobs: int = 1,
    threads: int | None = None,
    on_cell: OnCell = lambda cell, row, error: None,
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Measures the cells that `directory` has no result of; returns all rows and, by cell, why the others failed.

    directory: gets cells/NAME.json as each cell ends, and sweep.csv. scheduler: address of a Dask cluster, which must
    have mcugen and the data; None works here, in this process with one job, else in `jobs` processes. Raises
    McugenError if `directory` holds a sweep of another setup.
    """
    _keep_setup(directory, setup)
    rows = {cell.name: row for cell in cells if (row := _read_row(directory, cell)) is not None}
    for cell in cells:
        if cell.name in rows:
            on_cell(cell, rows[cell.name], None)
    waiting = [cell for cell in cells if cell.name not in rows]
    failed: dict[str, str] = {}
    if waiting:
        for cell, row, error in _results(waiting, setup, scheduler, jobs, threads):
            if row is None:
                failed[cell.name] = error or "no reason given"
            else:
                rows[cell.name] = row
                write_file(directory / CELLS / f"{cell.name}.json", json.dumps(row, indent=2) + "\n")
            on_cell(cell, row, error)
    ordered = [
        {**rows[cell.name], "questions": " ".join(q.value for q in cell.questions)}
        for cell in cells
        if cell.name in rows
    ]
    if ordered:
        write_file(directory / TABLE, _table(ordered))
    return ordered, failed


def _results(
    cells: Sequence[Cell], setup: Setup, scheduler: str | None, jobs: int, threads: int | None
) -> Iterator[tuple[Cell, dict[str, Any] | None, str | None]]:
    """Every cell with its row, or with why it failed, as they end."""
    distributed = require("distributed", "sweep", "a sweep")
    from mcugen.explore.measure import measure

    with _client(scheduler, jobs) as client:
        # Not pure: a cell that failed is tried anew by the next sweep, not remembered by the cluster.
        futures = {client.submit(measure, cell, setup, threads, pure=False, retries=0): cell for cell in cells}
        for future in distributed.as_completed(futures):
            error = future.exception()
            if error is None:
                yield futures[future], future.result(), None
            else:
                yield futures[future], None, (str(error).partition("\n")[0] or type(error).__name__)


@contextmanager
def _client(scheduler: str | None, jobs: int) -> Iterator[Any]:
    distributed = require("distributed", "sweep", "a sweep")
    if scheduler is not None:
        try:
            client = distributed.Client(scheduler, timeout="10s")
        except (OSError, ValueError, TimeoutError) as error:
            reason = str(error).partition("\n")[0]
            raise McugenError(
                f"there is no Dask scheduler at {scheduler}: {reason}", "start it: dask scheduler"
            ) from error
        with client:
            yield client
        return
    with (
        distributed.LocalCluster(
            n_workers=jobs, threads_per_worker=1, processes=jobs > 1, dashboard_address=":0", silence_logs=40
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def _keep_setup(directory: Path, setup: Setup) -> None:
    """Writes what the sweep is made with, or compares it with what is there."""
    (directory / CELLS).mkdir(parents=True, exist_ok=True)
    path, now = directory / SETUP, asdict(setup)
    if path.exists():
        try:
            was = json.loads(path.read_text(encoding="utf-8"))
            differing = next((name for name in now if was.get(name) != now[name]), None)
        except (ValueError, AttributeError) as error:
            raise McugenError(f"{path}: not what a sweep wrote: {error}", "name another directory") from error
        if differing is not None:
            raise McugenError(
                f"{directory} holds a sweep with {differing} {was.get(differing)}, not {now[differing]}",
                "give the options that it was begun with, or name another directory",
            )
        return
    write_file(path, json.dumps(now, indent=2) + "\n")


def _read_row(directory: Path, cell: Cell) -> dict[str, Any] | None:
    path = directory / CELLS / f"{cell.name}.json"
    try:
        row: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise McugenError(f"{path}: not what a sweep wrote: {error}", "delete it to measure the cell again") from error
    return row


def _table(rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()
