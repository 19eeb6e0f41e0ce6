"""Rows that a board sends in pieces: of a layer, or of its outputs."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcugen.link.errors import LinkError

_HEAD = struct.Struct("<HHI")
"""Number of the layer or output, y, offset within the row."""


@dataclass(frozen=True)
class OutputRows:
    """How an output leaves by rows: their number, bytes of each, index of the first byte among those of all outputs."""

    height: int
    row_bytes: int
    start: int


def layer_of_pieces(pieces: Sequence[bytes], layer: int, size: int, name: str) -> np.ndarray:
    """The int8 values of a layer, [size], of the payloads of its events; raises LinkError where some are missing."""
    rows: dict[int, dict[int, bytes]] = {}
    for piece in pieces:
        number, y, offset = _head(piece, name)
        if number != layer:
            raise LinkError(f"{name}: the board sent rows of layer {number}, not {layer}")
        rows.setdefault(y, {})[offset] = piece[_HEAD.size :]
    whole = [_joined(rows[y], name) for y in sorted(rows)]
    if sorted(rows) != list(range(len(rows))) or len({len(row) for row in whole}) > 1:
        raise LinkError(f"{name}: rows of a layer did not arrive whole", "the line loses bytes")
    values = b"".join(whole)
    if len(values) != size:
        raise LinkError(f"{name}: {len(values)} of {size} bytes of a layer arrived", "the line loses bytes")
    return np.frombuffer(values, np.int8)


def outputs_of_pieces(
    pieces: Sequence[bytes], outputs: Sequence[OutputRows], checksum: int, name: str
) -> np.ndarray | None:
    """The int8 values of all outputs, one behind the other, of the payloads of their events.

    None where a piece is missing. Raises LinkError for rows that are not those of the outputs, or not in order.
    checksum: CRC-32 of the values in the order in which the board computed them.
    """
    values = bytearray(sum(output.height * output.row_bytes for output in outputs))
    # The next byte of each output: rows come from top to bottom, and the pieces of one follow each other.
    reached = [0] * len(outputs)
    crc = 0
    for piece in pieces:
        number, y, offset = _head(piece, name)
        data = piece[_HEAD.size :]
        output = outputs[number] if number < len(outputs) else None
        if output is None or y >= output.height or not data or offset + len(data) > output.row_bytes:
            raise LinkError(f"{name}: the board sent row {y} of output {number}, which the model does not have")
        at = y * output.row_bytes + offset
        if at < reached[number]:
            raise LinkError(f"{name}: the board sent row {y} of output {number} out of order")
        if at > reached[number]:
            return None
        values[output.start + at : output.start + at + len(data)] = data
        reached[number] = at + len(data)
        crc = zlib.crc32(data, crc)
    if any(at < output.height * output.row_bytes for at, output in zip(reached, outputs, strict=True)):
        return None
    if crc != checksum:
        raise LinkError(f"{name}: the rows that arrived are not those that the board computed")
    return np.frombuffer(bytes(values), np.int8)


def _head(piece: bytes, name: str) -> tuple[int, int, int]:
    if len(piece) < _HEAD.size:
        raise LinkError(f"{name}: the board sent {len(piece)} bytes where at least {_HEAD.size} belong")
    number, y, offset = _HEAD.unpack_from(piece)
    return number, y, offset


def _joined(pieces: dict[int, bytes], name: str) -> bytes:
    """A row of its pieces by offset; raises LinkError for a gap or an overlap."""
    row = b""
    for offset in sorted(pieces):
        if offset != len(row):
            raise LinkError(f"{name}: a row of a layer did not arrive whole", "the line loses bytes")
        row += pieces[offset]
    return row
