"""Connecting to a Dask cluster, within a time: what does not answer is named, not waited for."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mcugen.diagnostics import McugenError
from mcugen.extras import require

PROGRESS = "mcugen-progress"
"""Topic of Dask's events: a line on how far the training of a run is."""

ANSWER_SECONDS = 20.0
WORKER_SECONDS = 60.0
_PROTOCOLS = ("tcp", "tls")
_START = "start it: dask scheduler"


@contextmanager
def connect(address: str, answer: float = ANSWER_SECONDS, workers: float = WORKER_SECONDS) -> Iterator[Any]:
    """A client of the scheduler at the address, tcp://HOST:PORT or tls://HOST:PORT, that has a worker.

    answer, workers: seconds that the scheduler may take to answer, and its first worker to come. Raises McugenError
    where one of them is exceeded, or the address is of another form.
    """
    distributed = require("distributed", "sweep", "a sweep")
    protocol, separator, _ = address.partition("://")
    if separator and protocol not in _PROTOCOLS:
        raise McugenError(f"{address}: {protocol}:// is not supported", "name the scheduler as tcp://HOST:PORT")
    client = _client(distributed, address, answer)
    with client:
        try:
            client.wait_for_workers(1, timeout=workers)
        except TimeoutError as error:
            raise McugenError(
                f"the Dask scheduler at {address} has no workers, none came in {workers:g} s",
                f"start one where mcugen and the data are: dask worker {address}",
            ) from error
        yield client


def _client(distributed: Any, address: str, seconds: float) -> Any:
    """Made in a thread of its own: the client itself waits for ever for a port that takes connections and is silent."""
    made: list[Any] = []

    def make() -> None:
        try:
            made.append(distributed.Client(address, timeout=f"{seconds / 2:g}s"))
        except Exception as error:
            made.append(error)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    thread.join(seconds)
    if not made:
        raise McugenError(f"{address}: nothing that answers as a Dask scheduler in {seconds:g} s", _START)
    if isinstance(made[0], OSError | ValueError | TypeError | socket.gaierror):
        reason = str(made[0]).partition("\n")[0]
        raise McugenError(f"there is no Dask scheduler at {address}: {reason}", _START) from made[0]
    if isinstance(made[0], Exception):
        raise made[0]
    return made[0]
