"""Single files: replaced as a whole, and devices and pipes written to as they are."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mcugen.interrupts import deferred
from mcugen.output.errors import reported
from mcugen.output.modes import keep_mode
from mcugen.output.scratch import new_scratch

# What these name is open already; it may be a file, which then must stay the file that is open.
_STREAMS = re.compile(r"/dev/(stdin|stdout|stderr|fd/.*)|/proc/.*")


def write_file(path: Path, text: str) -> None:
    """Writes a text file, whole or not at all; an older one of that name is replaced (see `write_whole`)."""
    with write_whole(path) as stream:
        stream.write(text.encode())


@contextmanager
def write_whole(path: Path) -> Iterator[BinaryIO]:
    """A stream of bytes whose content becomes the file at the end; an older file of that name is replaced.

    The older file's permissions stay. A device or a pipe is written to. If what runs inside raises, nothing is
    written. Raises McugenError with what stands in the way: permissions, a full disk.
    """
    stream = io.BytesIO()
    yield stream
    with reported(path):
        if _is_written_in_place(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
            with open(descriptor, "wb") as target:
                target.write(stream.getvalue())
        else:
            with deferred():
                _replace(path, stream.getvalue())


def _is_written_in_place(path: Path) -> bool:
    if _STREAMS.fullmatch(os.path.abspath(path)):
        return True
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _replace(path: Path, content: bytes) -> None:
    # The new file is written beside the old one, so that the rename neither crosses file systems nor replaces a link.
    path = path.resolve()
    if path.is_dir():
        raise IsADirectoryError(21, "Is a directory")
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(13, "Permission denied")
    with new_scratch(path.parent) as scratch:
        (scratch / "new").write_bytes(content)
        keep_mode(path, scratch / "new")
        os.replace(scratch / "new", path)
