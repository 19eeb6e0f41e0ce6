"""What a board can answer wrongly is a LinkError: no internal error, no hang, nothing taken for right."""

from __future__ import annotations

import contextlib
import struct
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.link.board import BoardLink
from mcugen.link.errors import LinkError
from mcugen.link.exchange import Exchange
from mcugen.link.frames import Frame, Receiver, encode

IMAGE = np.arange(12, dtype=np.int8).reshape(2, 2, 3)
SCORES = bytes([1, 2, 3, 4])
Change = Callable[[int, bytes], bytes]


def _right(request: int, payload: bytes) -> bytes:
    """The answers of a board that works, with a traced build of two layers."""
    model = bytes(64) + struct.pack("<6H2I", 2, 2, 3, 4, 2, 1, 4, 100) + b"net\0cortex-m4\x000.1\0"
    (start,) = struct.unpack_from("<I", payload) if len(payload) >= 4 else (0,)
    return {
        1: struct.pack("<BBIH", 1, 1, 1_000_000, 0) + b"board\0",
        2: model,
        3: struct.pack("<BQI", 1, 1000, 64),
        4: struct.pack("<I", IMAGE.size),
        5: struct.pack("<I", start + max(0, len(payload) - 4)),
        6: struct.pack("<QIII", 1000, 64, zlib.crc32(IMAGE.tobytes()), zlib.crc32(SCORES)),
        7: struct.pack("<I", start) + SCORES[start:],
        8: payload + struct.pack("<2I", 5, 6),
    }[request]


class FakePort:
    """An open port with a board behind it. change: of an answer's payload, by the request. before: sent ahead of one,
    lose: whether none is sent, by how many requests came."""

    baudrate = 115_200

    def __init__(
        self,
        change: Change = lambda request, payload: payload,
        before: Callable[[int, Frame], bytes] = lambda number, frame: b"",
        lose: Callable[[int], bool] = lambda number: False,
    ) -> None:
        self._change, self._before, self._lose = change, before, lose
        self._receiver = Receiver()
        self._out = b""
        self.requests = 0

    @property
    def in_waiting(self) -> int:
        return len(self._out)

    def write(self, data: bytes) -> None:
        for frame in self._receiver.feed(data):
            self.requests += 1
            self._out += self._before(self.requests, frame)
            if not self._lose(self.requests):
                payload = self._change(frame.type, _right(frame.type, frame.payload))
                self._out += encode(Frame(0x80 | frame.type, frame.sequence, frame.session, payload))

    def read(self, count: int) -> bytes:
        if not self._out:
            time.sleep(0.001)
        data, self._out = self._out[:count], self._out[count:]
        return data


def _use(port: FakePort, timeout_s: float = 0.05) -> BoardLink:
    link = BoardLink(Exchange(port, "port", timeout_s))
    assert link.test(0) == (True, link._cost(1000, 64))
    run = link.run(IMAGE, traced=True)
    assert run.scores.tobytes() == SCORES
    assert run.checksums.tolist() == [5, 6]
    return link


def test_a_board_that_works() -> None:
    assert _use(FakePort()).repeated == 0


@pytest.mark.parametrize("request_number", range(1, 9))
@pytest.mark.parametrize(
    "wrong",
    [lambda payload: payload + b"\0", lambda payload: payload[:-1], lambda payload: b"", lambda payload: payload * 2],
    ids=["longer", "shorter", "empty", "twice"],
)
def test_answers_of_a_wrong_length(request_number: int, wrong: Callable[[bytes], bytes]) -> None:
    def change(request: int, payload: bytes) -> bytes:
        return wrong(payload) if request == request_number else payload

    with pytest.raises(LinkError):
        _use(FakePort(change))


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 8), st.binary(max_size=240))
def test_answers_of_any_bytes(request_number: int, answer: bytes) -> None:
    def change(request: int, payload: bytes) -> bytes:
        return answer if request == request_number else payload

    # Numbers that can be are believed: costs, and checksums of layers, which are compared elsewhere.
    with contextlib.suppress(LinkError):
        link = BoardLink(Exchange(FakePort(change), "port", 0.05))
        link.test(0)
        link.run(IMAGE, traced=True)


def _error(frame: Frame, payload: bytes) -> bytes:
    return encode(Frame(0xFF, frame.sequence, frame.session, payload))


@pytest.mark.parametrize("payload", [b"", b"\x08", b"\x08\0\0\0\0", b"\x08\0\0\0\0\0\0"])
def test_errors_of_a_wrong_length(payload: bytes) -> None:
    port = FakePort(before=lambda number, frame: _error(frame, payload) if number == 3 else b"")
    with pytest.raises(LinkError, match="reported an error in"):
        _use(port)


@pytest.mark.parametrize("burst", [5, 10, 100])
def test_a_burst_of_damage_is_one_loss(burst: int) -> None:
    """The board got noise: it says so of each piece, and has lost the request."""
    port = FakePort(
        before=lambda number, frame: _error(frame, b"\x08" + bytes(5)) * burst if number == 4 else b"",
        lose=lambda number: number == 4,
    )
    assert _use(port, timeout_s=1.0).repeated == 1


def test_endless_damage_is_given_up_and_named() -> None:
    port = FakePort(
        before=lambda number, frame: _error(frame, b"\x08" + bytes(5)) if number >= 4 else b"",
        lose=lambda number: number >= 4,
    )
    with pytest.raises(LinkError, match=r"in \d+ tries: \d+ times it said that frames came damaged to it"):
        _use(port)


def test_silence_is_counted_and_named() -> None:
    port = FakePort(lose=lambda number: number >= 4)
    with pytest.raises(LinkError, match=r"did not answer in 5 tries: nothing came for 0\.05 s"):
        _use(port)


def _rows(pieces: list[tuple[int, int, int, bytes]]) -> FakePort:
    def before(number: int, frame: Frame) -> bytes:
        if frame.type != 6:
            return b""
        events = [struct.pack("<HHI", layer, y, at) + values for layer, y, at, values in pieces]
        return b"".join(encode(Frame(0x7E, 0, frame.session, event)) for event in events)

    return FakePort(before=before)


def test_rows_of_a_layer() -> None:
    link = BoardLink(Exchange(_rows([(1, 0, 0, b"ab"), (1, 0, 2, b"c"), (1, 1, 0, b"def")]), "port", 0.05))
    assert link.layer(IMAGE, 1, 6).tobytes() == b"abcdef"


@pytest.mark.parametrize(
    "pieces",
    [
        [(2, 0, 0, b"abcdef")],
        [(1, 0, 0, b"abc"), (1, 2, 0, b"def")],
        [(1, 0, 0, b"ab"), (1, 1, 0, b"cdef")],
        [(1, 0, 0, b"abc"), (1, 0, 2, b"def")],
        [(1, 0, 0, b"abcdefg")],
        [],
    ],
    ids=["other layer", "gap", "uneven", "overlap", "too long", "none"],
)
def test_rows_that_do_not_fit_together(pieces: list[tuple[int, int, int, bytes]]) -> None:
    link = BoardLink(Exchange(_rows(pieces), "port", 0.05))
    with pytest.raises(LinkError):
        link.layer(IMAGE, 1, 6)
