"""Frames on the line: consistent overhead byte stuffing between zero bytes, with a CRC-32. See docs/protocol.md."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

MAX_FRAME = 253
_HEADER = struct.Struct("<BBH")
_CRC = struct.Struct("<I")


@dataclass(frozen=True)
class Frame:
    """type: request, response or event. sequence: of the request. session: 0 before a hello."""

    type: int
    sequence: int
    session: int
    payload: bytes = b""


def encode(frame: Frame) -> bytes:
    """The frame's bytes on the line, between two zeros."""
    body = _HEADER.pack(frame.type, frame.sequence, frame.session) + frame.payload
    body += _CRC.pack(zlib.crc32(body))
    if len(body) > MAX_FRAME:
        raise ValueError(f"a frame of {len(body)} bytes is longer than {MAX_FRAME}")
    return b"\0" + b"".join(bytes([len(run) + 1]) + run for run in body.split(b"\0")) + b"\0"


class Receiver:
    """Collects received bytes into frames. damaged: how many came that were none."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self.damaged = 0

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that end within `data`."""
        frames = []
        *ended, rest = (bytes(self._pending) + data).split(b"\0")
        for part in ended:
            frame = _decode(part)
            if frame is not None:
                frames.append(frame)
            elif part:
                self.damaged += 1
        # No frame is longer: what is, is noise, of which enough is kept to find it damaged.
        self._pending = bytearray(rest[: MAX_FRAME + 2])
        return frames


def _decode(stuffed: bytes) -> Frame | None:
    body = bytearray()
    at = 0
    if len(stuffed) > MAX_FRAME + 1:
        return None
    while at < len(stuffed):
        run = stuffed[at]
        if run == 0xFF or at + run > len(stuffed):
            return None
        body += stuffed[at + 1 : at + run]
        at += run
        if at < len(stuffed):
            body.append(0)
    if len(body) < _HEADER.size + _CRC.size:
        return None
    content, crc = bytes(body[: -_CRC.size]), _CRC.unpack(body[-_CRC.size :])[0]
    if zlib.crc32(content) != crc:
        return None
    kind, sequence, session = _HEADER.unpack_from(content)
    return Frame(kind, sequence, session, content[_HEADER.size :])
