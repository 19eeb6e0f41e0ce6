"""Reading .npz and .npy files that users give."""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from mcugen.diagnostics import McugenError

LARGEST_FILE = 1 << 30
"""Bytes that a compressed file, or all members of an archive together, may unpack to."""
_HINT = "write it with numpy.savez(path, inputs=..., ...)"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_arrays(path: Path, limit: int = LARGEST_FILE) -> dict[str, np.ndarray]:
    """All arrays of an .npz file by name. limit: bytes that they may have together.

    No memory is taken for what a header declares and the file does not hold. Raises McugenError if the file is absent,
    damaged, too large, or holds Python objects.
    """
    if not path.is_file():
        raise McugenError(f"{path}: not a file" if path.exists() else f"{path}: no such file")
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
            if sum(member.file_size for member in members) > limit:
                raise McugenError(f"{path}: its arrays have more than {limit >> 20} MiB")
            return {member.filename.removesuffix(".npy"): _read(archive, member) for member in members}
    except zipfile.BadZipFile as error:
        if is_single_array(path):
            raise McugenError(f"{path}: one array, not an .npz archive", _HINT) from error
        raise McugenError(f"{path}: not a sound .npz file: {error}", _HINT) from error
    except (ValueError, EOFError, zlib.error, KeyError, NotImplementedError, RuntimeError) as error:
        raise McugenError(f"{path}: not a sound .npz file: {error}", _HINT) from error


def is_single_array(path: Path) -> bool:
    """Whether the file is one array, .npy."""
    with path.open("rb") as stream:
        return stream.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX


def read_array(path: Path, limit: int = LARGEST_FILE) -> np.ndarray:
    """The array of an .npy file, of at most `limit` bytes; raises McugenError as `read_arrays` does."""
    size = path.stat().st_size
    if size > limit:
        raise McugenError(f"{path}: has more than {limit >> 20} MiB")
    try:
        with path.open("rb") as stream:
            _check_header(stream, path.name, size)
        with path.open("rb") as stream:
            return npy.read_array(stream, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise McugenError(
            f"{path}: not a sound .npy file: {error}", "write it with numpy.save(path, inputs)"
        ) from error


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as stream:
        _check_header(stream, member.filename, member.file_size)
    with archive.open(member) as stream:
        return npy.read_array(stream, allow_pickle=False)


def _check_header(stream: IO[bytes], name: str, size: int) -> None:
    """Raises ValueError where the shape that is declared is not that of the data. size: bytes with the header."""
    version = npy.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(f"{name} is of version {version[0]}.{version[1]} of the format")
    shape, _, dtype = _HEADERS[version](stream)
    if dtype.hasobject:
        raise ValueError(f"{name} holds Python objects, it was not opened")
    data = size - stream.tell()
    if math.prod(shape) * dtype.itemsize != data:
        raise ValueError(f"{name} has {data} bytes, which is not a {dtype} array {shape}")
