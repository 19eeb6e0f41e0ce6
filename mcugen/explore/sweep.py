"""Makes the runs of a sweep on Dask, keeps what is finished, and goes on after a kill or a failed run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mcugen.bounded import read_json
from mcugen.diagnostics import McugenError
from mcugen.explore.cluster import PROGRESS, connect
from mcugen.explore.runs import Run
from mcugen.extras import require
from mcugen.output import write_file
from mcugen.schemas.encode import to_json, values
from mcugen.schemas.sweep import SweepRun

if TYPE_CHECKING:
    from mcugen.explore.measure import Setup

SETUP = "setup.json"
TABLE = "sweep.csv"
RUNS = "cells"
"""The folder of finished runs: its name is older than the word."""

OnRun = Callable[[Run, "SweepRun | None", "str | None"], None]
"""Told of every run as it ends: its row, or why it failed."""


def run_sweep(
    runs: Sequence[Run],
    setup: Setup,
    directory: Path,
    *,
    scheduler: str | None = None,
    jobs: int = 1,
    threads: int | None = None,
    on_run: OnRun = lambda run, row, error: None,
    on_step: Callable[[str], None] = lambda line: None,
) -> tuple[list[SweepRun], dict[str, str]]:
    """Measures the runs that `directory` has no result of; returns all rows and, by run, why the others failed.

    directory: gets cells/NAME.json as each run ends, and sweep.csv. scheduler: address of a Dask cluster, which must
    have mcugen and the data; None works here, in this process with one job, else in `jobs` processes. on_step: told now
    and then how far a training is, in a thread of its own. Raises McugenError if `directory` holds a sweep of another
    setup.
    """
    _check_setup(directory, setup)
    rows = {run.name: row for run in runs if (row := _read_row(directory, run)) is not None}
    for run in runs:
        if run.name in rows:
            on_run(run, rows[run.name], None)
    waiting = [run for run in runs if run.name not in rows]
    failed: dict[str, str] = {}
    if waiting:
        for run, row, error in _results(waiting, setup, directory, scheduler, jobs, threads, on_step):
            if row is None:
                failed[run.name] = error or "no reason given"
            else:
                rows[run.name] = row
                write_file(directory / RUNS / f"{run.name}.json", to_json(row))
            on_run(run, row, error)
    ordered = [
        msgspec.structs.replace(rows[run.name], questions=" ".join(q.value for q in run.questions))
        for run in runs
        if run.name in rows
    ]
    if ordered:
        write_file(directory / TABLE, _table(ordered))
    return ordered, failed


def _results(
    runs: Sequence[Run],
    setup: Setup,
    directory: Path,
    scheduler: str | None,
    jobs: int,
    threads: int | None,
    on_step: Callable[[str], None],
) -> Iterator[tuple[Run, SweepRun | None, str | None]]:
    """Every run with its row, or with why it failed, as they end."""
    distributed = require("distributed", "sweep", "a sweep")
    from mcugen.explore.measure import measure

    with _client(scheduler, jobs) as client:
        # Only where there is somebody to work is there something to keep.
        _keep_setup(directory, setup)
        client.subscribe_topic(PROGRESS, lambda event: on_step(str(event[1])))
        # Not pure: a run that failed is tried anew by the next sweep, not remembered by the cluster.
        futures = {client.submit(measure, run, setup, threads, pure=False, retries=0): run for run in runs}
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
        with connect(scheduler) as client:
            yield client
        return
    with (
        distributed.LocalCluster(
            n_workers=jobs, threads_per_worker=1, processes=jobs > 1, dashboard_address=":0", silence_logs=40
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def _check_setup(directory: Path, setup: Setup) -> None:
    """Compares what the sweep is made with to what is there, if there is something."""
    path, now = directory / SETUP, asdict(setup)
    if not path.exists():
        return
    was = read_json(path, "what a sweep wrote")
    if not isinstance(was, dict):
        raise McugenError(f"{path}: not what a sweep wrote", "name another directory")
    differing = next((name for name in now if was.get(name) != now[name]), None)
    if differing is not None:
        raise McugenError(
            f"{directory} holds a sweep with {differing} {was.get(differing)}, not {now[differing]}",
            "give the options that it was begun with, or name another directory",
        )


def _keep_setup(directory: Path, setup: Setup) -> None:
    (directory / RUNS).mkdir(parents=True, exist_ok=True)
    if not (directory / SETUP).exists():
        write_file(directory / SETUP, json.dumps(asdict(setup), indent=2) + "\n")


def _read_row(directory: Path, run: Run) -> SweepRun | None:
    path = directory / RUNS / f"{run.name}.json"
    if not path.exists():
        return None
    try:
        row = msgspec.convert(read_json(path, "what a sweep wrote"), SweepRun)
    except msgspec.ValidationError:
        row = None
    if row is None or (row.run, row.net, row.size, row.alpha) != (run.name, run.net, run.size, run.alpha):
        raise McugenError(f"{path}: not what a sweep wrote of this run", "delete it to measure the run again")
    return row


def _table(rows: Sequence[SweepRun]) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, SweepRun.__struct_encode_fields__, lineterminator="\n")
    table.writeheader()
    table.writerows(map(values, rows))
    return text.getvalue()
