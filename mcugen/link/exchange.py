"""Questions and answers on a serial line: repeated where they are lost, given up where nothing comes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

from mcugen.link.errors import LinkError
from mcugen.link.frames import Frame, Receiver, encode

HELLO = 1
READY = 0x7F
_RESPONSE = 0x80
_ERROR = 0xFF
_ERRORS = {
    1: "does not know the request",
    2: "got a request of the wrong length",
    4: "has no image to answer for",
    5: "got bytes that do not follow those before them",
    6: "had an error in the generated code",
    7: "does not have that",
}
_SESSION, _DAMAGED = 3, 8
_TRIES = 5
_HELLO_PERIOD_S = 0.5
_BITS_A_BYTE = 10  # with start and stop bit
# However much noise comes, an answer is not waited for longer than this many times the timeout.
_PATIENCE = 12
# The line is quiet, and what was sent before is all answered, when nothing came for so long.
_QUIET_S = 0.05
_ERROR_BYTES = 6


class _Lost(Enum):
    """Why a request has to be sent again: nothing came, or the board got damaged frames."""

    SILENCE = 0
    DAMAGE = 1


class Exchange:
    """One session with a board on an open serial port (an object of pySerial). repeated: requests sent again."""

    def __init__(self, port: Any, name: str, timeout_s: float) -> None:
        self._port = port
        self.name = name
        self.timeout_s = timeout_s
        self.repeated = 0
        self._receiver = Receiver()
        self._session = 0
        self._sequence = 0
        self._waiting: list[Frame] = []

    def hello(self) -> bytes:
        """Begins a session, as soon as the board answers; the payload of its answer."""
        self._session = secrets.randbelow(0xFFFF) + 1
        payload = self._session.to_bytes(2, "little")
        deadline = time.monotonic() + self.timeout_s
        while time.monotonic() < deadline:
            # Opening the port resets some boards: what is said before they have started is lost.
            self._sequence = (self._sequence + 1) & 0xFF
            self._send(Frame(HELLO, self._sequence, self._session, payload))
            answer = self._wait(HELLO, min(deadline, time.monotonic() + _HELLO_PERIOD_S), None, started=False)
            if isinstance(answer, Frame):
                return answer.payload
        noise = f", only {self._receiver.damaged} damaged frames" if self._receiver.damaged else ""
        raise LinkError(
            f"{self.name}: no answer within {self.timeout_s:g} s{noise}",
            "is it the right port, at the firmware's speed, and did `mcugen flash` put the firmware on the board?",
        )

    def ask(self, request: int, payload: bytes = b"", on_event: Callable[[Frame], None] | None = None) -> bytes:
        """The payload of the answer. Raises LinkError: an error of the board, a reset, silence."""
        self._sequence = (self._sequence + 1) & 0xFF
        damaged_before, silences, reports = self._receiver.damaged, 0, 0
        give_up = time.monotonic() + _PATIENCE * self.timeout_s
        while silences < _TRIES and (not reports or time.monotonic() < give_up):
            self.repeated += silences + reports > 0
            sent = self._send(Frame(request, self._sequence, self._session, payload))
            # The operating system takes the bytes at once; a slow line has them to send first.
            deadline = time.monotonic() + self.timeout_s + sent * _BITS_A_BYTE / self._port.baudrate
            answer = self._wait(request, deadline, on_event, started=True)
            if isinstance(answer, Frame):
                return answer.payload
            silences += answer is _Lost.SILENCE
            reports += answer is _Lost.DAMAGE
        damaged = self._receiver.damaged - damaged_before
        seen = [f"{damaged} damaged frames came from it"] if damaged else []
        seen += [f"{reports} times it said that frames came damaged to it"] if reports else []
        reason = ", ".join(seen) or f"nothing came for {self.timeout_s:g} s"
        raise LinkError(
            f"{self.name}: the board did not answer in {silences + reports} tries: {reason}",
            "a loose cable, a wrong speed, or a program that hangs",
        )

    def _wait(
        self, request: int, deadline: float, on_event: Callable[[Frame], None] | None, *, started: bool
    ) -> Frame | _Lost:
        """The answer, or why it has to be asked for again.

        Once started, bytes that come put off the deadline: a slow line is not a silent one. Where the board got damaged
        frames, one burst can be many: the request is sent again when the board has said all that it has to say of it.
        """
        last = time.monotonic() + _PATIENCE * self.timeout_s
        put_off, lost = self.timeout_s, _Lost.SILENCE
        while True:
            while self._waiting:
                frame = self._waiting.pop(0)
                if frame.type == READY:
                    if started:
                        self._was_reset()
                elif frame.type == _ERROR:
                    if self._error(frame, request, started=started):
                        put_off, lost = _QUIET_S, _Lost.DAMAGE
                        deadline = time.monotonic() + _QUIET_S
                elif (
                    frame.type == (_RESPONSE | request)
                    and frame.sequence == self._sequence
                    and frame.session == self._session
                ):
                    return frame
                elif on_event is not None and frame.session == self._session and not frame.type & _RESPONSE:
                    on_event(frame)
            now = time.monotonic()
            if now > min(deadline, last):
                return lost
            data = self._receive()
            if data and started:
                deadline = max(deadline, time.monotonic() + put_off)
            self._waiting = self._receiver.feed(data)

    def _error(self, frame: Frame, request: int, *, started: bool) -> bool:
        """Whether to send the request again; raises LinkError for an error that is not of the line."""
        if len(frame.payload) != _ERROR_BYTES:
            raise LinkError(
                f"{self.name}: the board reported an error in {len(frame.payload)} bytes, not {_ERROR_BYTES}"
            )
        code, about = frame.payload[0], frame.payload[1]
        detail = int.from_bytes(frame.payload[2:6], "little", signed=True)
        if code == _DAMAGED:
            return True
        if about != request or frame.sequence != self._sequence:
            return False
        if code == _SESSION and started:
            self._was_reset()
        raise LinkError(
            f"{self.name}: the board {_ERRORS.get(code, f'reports error {code}')} (request {about}, {detail})"
        )

    def _was_reset(self) -> None:
        raise LinkError(
            f"{self.name}: the board was reset in the middle of the run",
            "a watchdog, a fault or its power: nothing was proved; try again",
        )

    def _send(self, frame: Frame) -> int:
        """How many bytes that were."""
        data = encode(frame)
        with _line_errors(self.name):
            self._port.write(data)
        return len(data)

    def _receive(self) -> bytes:
        with _line_errors(self.name):
            data: bytes = self._port.read(max(1, self._port.in_waiting))
        return data


@contextmanager
def _line_errors(name: str) -> Iterator[None]:
    """Turns the errors of a serial port that has gone into LinkError."""
    import serial

    try:
        yield
    except serial.SerialTimeoutException as error:
        raise LinkError(f"{name}: the port takes no more bytes", "is anything connected at its other end?") from error
    except (serial.SerialException, OSError, TypeError) as error:
        # pySerial raises TypeError where another thread or the system has taken its file descriptor away.
        raise LinkError(
            f"{name}: the serial port has gone: {error}", "was the cable pulled, or did the emulator end?"
        ) from error
