"""Addresses where no Dask cluster works: one line within a time."""

from __future__ import annotations

import socket
import time

import pytest

from mcugen.diagnostics import McugenError
from mcugen.explore.cluster import connect
from tests.support.needs import module

distributed = module("distributed")


def _message(address: str, **seconds: float) -> str:
    start = time.monotonic()
    with pytest.raises(McugenError) as raised, connect(address, **seconds):
        pass
    assert time.monotonic() - start < 30
    assert "\n" not in raised.value.message
    return raised.value.message


def test_a_port_that_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        assert "nothing that answers as a Dask scheduler" in _message(address, answer=2)


def test_a_protocol_that_is_not_supported() -> None:
    assert "ucx:// is not supported" in _message("ucx://127.0.0.1:9")


def test_a_cluster_without_workers() -> None:
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=40) as cluster:
        assert "has no workers" in _message(cluster.scheduler_address, workers=1)
