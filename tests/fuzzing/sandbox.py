"""One function in a process of its own, with limits on memory and time, whose death is an answer."""

from __future__ import annotations

import os
import pickle
import resource
import select
import signal
import time
import traceback
from collections.abc import Callable
from typing import Any

MEMORY_BYTES = 2 << 30
CPU_SECONDS = 20
# On a busy machine 20 s of work take longer; what only waits is a hang, too.
WALL_SECONDS = 240


class Died(Exception):
    """The process gave no answer; the message says why."""


def apart(
    function: Callable[[], Any],
    *,
    memory: int | None = MEMORY_BYTES,
    cpu_seconds: int | None = CPU_SECONDS,
    wall_seconds: float = WALL_SECONDS,
) -> Any:
    """What the function returns, computed in a forked process. Raises Died where there is no answer."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _run(function, writer, memory, cpu_seconds)
    os.close(writer)
    answer = _read(reader, time.monotonic() + wall_seconds)
    os.close(reader)
    if answer is None:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if answer is None:
        raise Died(f"a hang: no answer within {wall_seconds:g} s")
    if not answer:
        raise Died(_reason(status))
    kind, value = pickle.loads(answer)
    if kind == "raised":
        raise Died(value)
    return value


def _run(function: Callable[[], Any], writer: int, memory: int | None, cpu_seconds: int | None) -> None:
    """Answers through the pipe and ends the process, whatever happens."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        if cpu_seconds is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
        try:
            answer = pickle.dumps(("returned", function()))
        except Exception:
            answer = pickle.dumps(("raised", traceback.format_exc()))
        with os.fdopen(writer, "wb") as stream:
            stream.write(answer)
    finally:
        os._exit(0)


def _read(reader: int, end: float) -> bytes | None:
    """All that comes until the other side closes, None if it does not."""
    parts = []
    while True:
        ready, _, _ = select.select([reader], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return None
        part = os.read(reader, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)


def _reason(status: int) -> str:
    if not os.WIFSIGNALED(status):
        return f"ended with status {os.waitstatus_to_exitcode(status)} and no answer"
    number = os.WTERMSIG(status)
    if number in (signal.SIGXCPU, signal.SIGKILL):
        return "a hang: past its limit of processor time"
    return f"killed by {signal.Signals(number).name}"
