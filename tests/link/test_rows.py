"""Rows of outputs that a board sends in pieces: whole, lost on the line, or not what they claim to be."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from mcugen.link import LinkError
from mcugen.link.rows import OutputRows, outputs_of_pieces

OUTPUTS = (OutputRows(2, 5, 0), OutputRows(1, 3, 10))
VALUES = bytes(range(13))


def piece(number: int, y: int, offset: int, values: bytes) -> bytes:
    return struct.pack("<HHI", number, y, offset) + values


# The second output is finished before the last row of the first one, which comes in two pieces.
PIECES = [
    piece(0, 0, 0, VALUES[:5]),
    piece(1, 0, 0, VALUES[10:]),
    piece(0, 1, 0, VALUES[5:8]),
    piece(0, 1, 3, VALUES[8:10]),
]
CHECKSUM = zlib.crc32(VALUES[:5] + VALUES[10:] + VALUES[5:10])


def test_rows_of_several_outputs_in_pieces() -> None:
    found = outputs_of_pieces(PIECES, OUTPUTS, CHECKSUM, "port")
    assert found is not None
    assert found.dtype == np.int8
    assert found.tobytes() == VALUES


@pytest.mark.parametrize("lost", range(len(PIECES)))
def test_a_lost_piece_is_noticed(lost: int) -> None:
    assert outputs_of_pieces(PIECES[:lost] + PIECES[lost + 1 :], OUTPUTS, CHECKSUM, "port") is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (piece(2, 0, 0, b"1"), "row 0 of output 2, which the model does not have"),
        (piece(0, 2, 0, b"1"), "row 2 of output 0, which the model does not have"),
        (piece(0, 0, 4, b"12"), "row 0 of output 0, which the model does not have"),
        (piece(0, 0, 0, b""), "row 0 of output 0, which the model does not have"),
        (piece(0, 0, 0, VALUES[:5]), "row 0 of output 0 out of order"),
        (b"\0\0", "2 bytes where at least 8 belong"),
    ],
)
def test_a_wrong_piece_is_an_error(wrong: bytes, message: str) -> None:
    with pytest.raises(LinkError, match=message):
        outputs_of_pieces([*PIECES, wrong], OUTPUTS, CHECKSUM, "port")


def test_other_values_than_the_board_computed() -> None:
    with pytest.raises(LinkError, match="not those that the board computed"):
        outputs_of_pieces(PIECES, OUTPUTS, CHECKSUM ^ 1, "port")
