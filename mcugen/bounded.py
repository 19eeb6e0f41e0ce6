"""Reading what others wrote without trusting its sizes: archives, compressed streams, JSON."""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from mcugen.arrays import LARGEST_FILE
from mcugen.diagnostics import McugenError, ModelFormatError

_PART = 1 << 20


def check_members(archive: zipfile.ZipFile, path: Path) -> None:
    """Raises ModelFormatError where members of an archive of torch are packed, overlap, or have the same name.

    torch stores its members as they are, so that together they cannot be larger than the file.
    """
    members = archive.infolist()
    if len({member.filename for member in members}) != len(members):
        raise ModelFormatError(f"{path}: two members of the archive have the same name")
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ModelFormatError(f"{path}: members of the archive are compressed, torch writes them as they are")
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise ModelFormatError(f"{path}: members of the archive overlap, or it is not complete")


def parse_json(text: str | bytes, where: str) -> Any:
    """The JSON values; raises ModelFormatError beginning with `where` if it is damaged or nested too deeply."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise ModelFormatError(f"{where}: not sound JSON: {error}") from error
    except RecursionError as error:
        raise ModelFormatError(f"{where}: nested too deeply") from error


def read_json(path: Path, what: str) -> Any:
    """The JSON values of a file. what: what it should be, as in "a manifest of mcugen".

    Raises McugenError naming the file if it is absent, a directory, no JSON, or nested too deeply.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise McugenError(f"{path}: no such file") from error
    except OSError as error:
        raise McugenError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:
        raise McugenError(f"{path}: not {what}: {error}") from error
    except RecursionError as error:
        raise McugenError(f"{path}: not {what}: nested too deeply") from error


def read_gzip(path: Path, limit: int = LARGEST_FILE) -> bytes:
    """The unpacked bytes of a .gz file; raises McugenError if it is damaged or unpacks to more than `limit` bytes."""
    try:
        data = bytearray()
        with gzip.open(path) as stream:
            while len(data) <= limit and (part := stream.read(_PART)):
                data += part
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise McugenError(f"{path}: not a sound gzip file: {error}") from error
    if len(data) > limit:
        raise McugenError(f"{path}: unpacks to more than {limit >> 20} MiB")
    return bytes(data)
