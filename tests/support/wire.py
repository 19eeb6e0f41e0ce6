"""A serial line that goes wrong on purpose: a firmware's standard input and output behind a pseudo-terminal."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import threading
import time
import tty
from collections.abc import Callable, Sequence

Fault = Callable[[bytes], bytes]


class Wire:
    """Runs a firmware and carries bytes between it and `port`; use as a context manager.

    to_host, to_board: applied to what is carried. pace_s: seconds a byte. after: what `fault` is called at, in bytes
    that went to the board.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        to_host: Fault = lambda data: data,
        to_board: Fault = lambda data: data,
        pace_s: float = 0.0,
        after: int = 0,
        fault: Callable[[Wire], None] | None = None,
    ) -> None:
        self._command = list(command)
        self._to_host, self._to_board = to_host, to_board
        self._pace_s, self._after, self._fault = pace_s, after, fault
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self.carried = 0
        self._heard = threading.Event()
        self._open = True
        self._stop = threading.Event()
        self._start()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self) -> Wire:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)
        self._end()
        self.unplug()

    def wait_for_board(self) -> None:
        """Until the board has said that it is ready: how long an emulator takes to start is not what is tested."""
        assert self._heard.wait(60), "the firmware did not start"

    def reset(self) -> None:
        """The board starts anew, as after a watchdog."""
        self._end()
        self._start()

    def unplug(self) -> None:
        """The port is gone for whoever has it open."""
        if self._open:
            self._open = False
            os.close(self._master)
            os.close(self._slave)

    def _start(self) -> None:
        self._board = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )

    def _end(self) -> None:
        self._board.kill()
        self._board.wait(10)
        for stream in (self._board.stdin, self._board.stdout):
            if stream is not None:
                stream.close()

    def _carry(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while not self._stop.is_set() and self._open:
                board_out, board_in = self._board.stdout, self._board.stdin
                assert board_out is not None
                assert board_in is not None
                ready, _, _ = select.select([self._master, board_out.fileno()], [], [], 0.02)
                if self._master in ready:
                    data = os.read(self._master, 256)
                    self.carried += len(data)
                    if self._fault is not None and self.carried >= self._after:
                        fault, self._fault = self._fault, None
                        fault(self)
                        continue
                    self._send(board_in.fileno(), self._to_board(data))
                if board_out.fileno() in ready:
                    self._send(self._master, self._to_host(os.read(board_out.fileno(), 256)))
                    self._heard.set()

    def _send(self, descriptor: int, data: bytes) -> None:
        if not self._pace_s:
            os.write(descriptor, data)
            return
        for byte in data:
            time.sleep(self._pace_s)
            os.write(descriptor, bytes([byte]))
