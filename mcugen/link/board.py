"""What a board with the firmware can be asked."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcugen.extras import require
from mcugen.link.errors import LinkError
from mcugen.link.exchange import Exchange
from mcugen.link.frames import Frame
from mcugen.link.rows import OutputRows, layer_of_pieces, outputs_of_pieces

PROTOCOL_VERSION = 1
BAUD = 115_200
TIMEOUT_S = 5.0

_MODEL, _TEST, _BEGIN, _DATA, _RESULT, _SCORES, _CHECKSUMS = range(2, 9)
_OUTPUT, _ROW = 0x7D, 0x7E
_NO_LAYER = 0xFFFF
_CHUNK = 240
_POLL_S = 0.02
_OTHER_FIRMWARE = "put this mcugen's firmware on it with `mcugen flash`"
_MODEL_HEAD = struct.Struct("<32s32s6H2I")
_BOARD_HEAD = struct.Struct("<BBIH")
_RUNS = 5
"""Of an image whose rows of outputs did not all arrive."""


@dataclass(frozen=True)
class BoardInfo:
    """name: of the board. counts: what its counter counts, "", "cycles" or "time". counter_hz: 0 if unknown.
    instruction_ns: virtual time of an instruction in an emulator, 0 on real hardware."""

    name: str
    counts: str
    counter_hz: int
    instruction_ns: int


@dataclass(frozen=True)
class ModelInfo:
    """The network that a board holds. layers: that its traced build reports, 0 without one."""

    model_sha256: bytes
    library_sha256: bytes
    height: int
    width: int
    channels: int
    classes: int
    layers: int
    test_vectors: int
    output_bytes: int
    context_bytes: int
    name: str
    target: str
    generator: str


@dataclass(frozen=True)
class Cost:
    """Of one inference. cycles: of the core, None without a cycle counter. instructions: executed, in an emulator that
    counts them, else None. milliseconds: None without a clock. stack_bytes: None where the port cannot tell."""

    cycles: int | None
    instructions: int | None
    milliseconds: float | None
    stack_bytes: int | None


@dataclass(frozen=True, eq=False)
class BoardRun:
    """scores: int8 [output bytes]. checksums: CRC-32 of each layer's int8 map, uint32 [layers], empty if not traced."""

    scores: np.ndarray
    checksums: np.ndarray
    cost: Cost


class BoardLink:
    """A board that answered."""

    def __init__(self, exchange: Exchange) -> None:
        """Greets the board and reads what it holds; raises LinkError if that is not this protocol."""
        self._exchange = exchange
        self._runs_repeated = 0
        self.board = _board_info(exchange.hello(), exchange.name)
        self.model = _model_info(exchange.ask(_MODEL), exchange.name)

    @property
    def repeated(self) -> int:
        """Requests that had to be sent again, and images."""
        return self._exchange.repeated + self._runs_repeated

    def test(self, index: int) -> tuple[bool, Cost]:
        """Runs a built-in image on the board: whether the scores are what they must be, and the cost."""
        equal, ticks, stack = self._ask("<BQI", _TEST, struct.pack("<H", index))
        if equal > 1:
            raise LinkError(f"{self._exchange.name}: the board says {equal} of a self-test, not 0 or 1")
        return bool(equal), self._cost(ticks, stack)

    def run(self, image: np.ndarray, *, traced: bool = False, outputs: Sequence[OutputRows] = ()) -> BoardRun:
        """Runs an image, int8 [H, W, C], that is sent row by row.

        outputs: of a library that hands on their rows; else the board is asked for the scores. Rows that the line lost
        are not sent again: the image is. Raises LinkError.
        """
        for tries in range(_RUNS):
            rows: list[bytes] = []
            ticks, stack = self._push(image, traced, _NO_LAYER, _OUTPUT, rows)
            checksums = self._checksums() if traced else np.empty(0, np.uint32)
            name, crc = self._exchange.name, self._scores_crc
            scores = outputs_of_pieces(rows, outputs, crc, name) if outputs else self._scores()
            if scores is not None:
                self._runs_repeated += tries
                return BoardRun(scores, checksums, self._cost(ticks, stack))
        raise LinkError(f"{name}: rows of the outputs did not arrive whole in {_RUNS} runs", "the line loses bytes")

    def layer(self, image: np.ndarray, layer: int, size: int) -> np.ndarray:
        """The int8 values of one traced layer for one image, in height, width, channel order, [size]."""
        rows: list[bytes] = []
        self._push(image, True, layer, _ROW, rows)
        return layer_of_pieces(rows, layer, size, self._exchange.name)

    def _push(self, image: np.ndarray, traced: bool, layer: int, event: int, rows: list[bytes]) -> tuple[int, int]:
        """Runs an image and keeps the payloads of such events; ticks and stack."""

        def keep(frame: Frame) -> None:
            if frame.type == event:
                rows.append(frame.payload)

        data = image.astype(np.int8).tobytes()
        exchange = self._exchange
        (expected,) = self._ask("<I", _BEGIN, struct.pack("<BH", traced, layer))
        if expected != len(data):
            raise LinkError(f"{exchange.name}: the board wants images of {expected} bytes, not {len(data)}")
        for start in range(0, len(data), _CHUNK):
            chunk = data[start : start + _CHUNK]
            (received,) = self._ask("<I", _DATA, struct.pack("<I", start) + chunk, keep)
            if received != start + len(chunk):
                raise LinkError(f"{exchange.name}: the board has {received} bytes after {start + len(chunk)} were sent")
        ticks, stack, image_crc, self._scores_crc = self._ask("<QIII", _RESULT, b"", keep)
        if image_crc != zlib.crc32(data):
            raise LinkError(f"{exchange.name}: the image that arrived is not the one that was sent")
        return ticks, stack

    def _scores(self) -> np.ndarray:
        scores = bytearray()
        while len(scores) < self.model.output_bytes:
            answer = self._exchange.ask(_SCORES, struct.pack("<I", len(scores)))
            room = self.model.output_bytes - len(scores)
            if answer[:4] != struct.pack("<I", len(scores)) or not 0 < len(answer) - 4 <= room:
                raise LinkError(f"{self._exchange.name}: the board sent other scores than were asked for")
            scores += answer[4:]
        if zlib.crc32(scores) != self._scores_crc:
            raise LinkError(f"{self._exchange.name}: the scores changed while they were read")
        return np.frombuffer(bytes(scores), np.int8)

    def _checksums(self) -> np.ndarray:
        values: list[int] = []
        while len(values) < self.model.layers:
            answer = self._exchange.ask(_CHECKSUMS, struct.pack("<H", len(values)))
            room, rest = 4 * (self.model.layers - len(values)), len(answer) - 2
            if answer[:2] != struct.pack("<H", len(values)) or rest % 4 or not 0 < rest <= room:
                raise LinkError(f"{self._exchange.name}: the board sent other checksums than were asked for")
            values += np.frombuffer(answer[2:], "<u4").tolist()
        return np.array(values, np.uint32)

    def _ask(
        self, layout: str, request: int, payload: bytes, on_event: Callable[[Frame], None] | None = None
    ) -> tuple[Any, ...]:
        """The numbers of an answer; raises LinkError if it is longer or shorter than they are."""
        answer = self._exchange.ask(request, payload, on_event)
        if len(answer) != struct.calcsize(layout):
            raise LinkError(
                f"{self._exchange.name}: the board answered request {request} with {len(answer)} bytes, "
                f"not {struct.calcsize(layout)}",
                _OTHER_FIRMWARE,
            )
        return struct.unpack(layout, answer)

    def _cost(self, ticks: int, stack: int) -> Cost:
        board = self.board
        known = bool(board.counts) and board.counter_hz > 0
        nanoseconds = ticks * 10**9 / board.counter_hz if known else 0.0
        emulated = board.instruction_ns > 0
        return Cost(
            cycles=ticks if board.counts == "cycles" else None,
            instructions=round(nanoseconds / board.instruction_ns) if emulated and known else None,
            # Virtual time of an emulator says nothing about a real one.
            milliseconds=nanoseconds / 1e6 if known and not emulated else None,
            stack_bytes=stack or None,
        )


@contextmanager
def open_board(port: str, *, baud: int = BAUD, timeout_s: float = TIMEOUT_S) -> Iterator[BoardLink]:
    """Opens a serial port (a device, or an address that pySerial knows, like socket://HOST:PORT) and greets the board.

    Raises LinkError: no such port, no answer within `timeout_s`, another protocol.
    """
    serial = require("serial", "serial", "a board on a serial port")
    try:
        opened = serial.serial_for_url(port, baudrate=baud, timeout=_POLL_S, write_timeout=timeout_s)
    except (serial.SerialException, OSError, ValueError) as error:
        raise LinkError(f"{port}: cannot be opened: {error}", _ports_hint()) from error
    try:
        yield BoardLink(Exchange(opened, port, timeout_s))
    finally:
        opened.close()


def _ports_hint() -> str:
    from serial.tools.list_ports import comports

    names = ", ".join(port.device for port in comports())
    return f"serial ports here: {names}" if names else "there is no serial port here: is the board plugged in?"


def _board_info(payload: bytes, name: str) -> BoardInfo:
    if not payload or payload[0] != PROTOCOL_VERSION:
        version = payload[0] if payload else "none"
        raise LinkError(
            f"{name}: the board speaks version {version} of the protocol, mcugen version {PROTOCOL_VERSION}",
            _OTHER_FIRMWARE,
        )
    _, counts, hertz, instruction_ns = _unpack_head(_BOARD_HEAD, payload, name)
    (board,) = _texts(payload[_BOARD_HEAD.size :], 1, name)
    return BoardInfo(board, {1: "cycles", 2: "time"}.get(counts, ""), hertz, instruction_ns)


def _model_info(payload: bytes, name: str) -> ModelInfo:
    return ModelInfo(
        *_unpack_head(_MODEL_HEAD, payload, name),
        *_texts(payload[_MODEL_HEAD.size :], 3, name),
    )


def _unpack_head(head: struct.Struct, payload: bytes, name: str) -> tuple[Any, ...]:
    """The numbers that an answer begins with; raises LinkError if it is shorter."""
    if len(payload) < head.size:
        raise LinkError(
            f"{name}: the board sent {len(payload)} bytes where at least {head.size} belong", _OTHER_FIRMWARE
        )
    return head.unpack_from(payload)


def _texts(payload: bytes, count: int, name: str) -> list[str]:
    """So many texts of printable ASCII, each ended by a zero byte, and nothing behind them; raises LinkError."""
    *texts, rest = payload.split(b"\0")
    if len(texts) != count or rest or any(not 32 <= byte < 127 for text in texts for byte in text):
        raise LinkError(f"{name}: the board sent no {count} readable texts where they belong", _OTHER_FIRMWARE)
    return [text.decode("ascii") for text in texts]
