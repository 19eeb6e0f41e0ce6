"""All constant tables as one file, for programs that do not link them: NAME.weights of a native MicroPython module."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcugen.codegen.constants import Constant

IDENTITY_BYTES = 16
"""Bytes at the beginning that tell whether the file belongs to the code: of the SHA-256 of the rest."""

_ALIGNMENT = 4


@dataclass(frozen=True)
class ExternalOffsets:
    """Where each table begins in the file, by name, and the bytes of the file. Tables lie at multiples of 4."""

    tables: dict[str, int]
    file_bytes: int


def external_offsets(constants: Sequence[Constant]) -> ExternalOffsets:
    """The layout of `external_file`."""
    offsets = {}
    end = IDENTITY_BYTES
    for constant in constants:
        offsets[constant.name] = end
        end += -(-constant.bytes // _ALIGNMENT) * _ALIGNMENT
    return ExternalOffsets(offsets, end)


def external_file(constants: Sequence[Constant]) -> bytes:
    """The identity, then every table, little-endian, padded with zeros to a multiple of 4 bytes."""
    tables = b""
    for constant in constants:
        data = np.asarray(constant.values, constant.values.dtype.newbyteorder("<")).tobytes()
        tables += data + bytes(-len(data) % _ALIGNMENT)
    return hashlib.sha256(tables).digest()[:IDENTITY_BYTES] + tables
