"""Single files: replaced as a whole, and devices and pipes written to as they are."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
    write_together({path: stream.getvalue()})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Writes files that belong together: where one of them cannot be written, none is.

    Each as by `write_whole`, and raises as it does.
    """
    replaced = dict(contents)
    for path in contents:
        with reported(path):
            if _is_written_in_place(path):
                _write_in_place(path, replaced.pop(path))
    ready = []
    with deferred(), ExitStack() as scratches:
        for path, content in replaced.items():
            with reported(path):
                ready.append((path, _beside(path, content, scratches)))
        for path, written in ready:
            with reported(path):
                os.replace(written, path.resolve())


def check_places(*paths: Path) -> None:
    """Raises McugenError, as `write_whole` would, where a path cannot be written: before long work, not behind it."""
    for path in paths:
        with reported(path):
            if not _is_written_in_place(path):
                _check_replaceable(path.resolve())


def _is_written_in_place(path: Path) -> bool:
    if _STREAMS.fullmatch(os.path.abspath(path)):
        return True
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _write_in_place(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    with open(descriptor, "wb") as target:
        target.write(content)


def _beside(path: Path, content: bytes, scratches: ExitStack) -> Path:
    """A file of this content in a scratch directory beside the old one, so that the rename that follows neither crosses
    file systems nor replaces a link."""
    path = path.resolve()
    _check_replaceable(path)
    written = scratches.enter_context(new_scratch(path.parent)) / "new"
    written.write_bytes(content)
    keep_mode(path, written)
    return written


def _check_replaceable(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not path.parent.is_dir():
        reason = errno.ENOTDIR if path.parent.exists() else errno.ENOENT
        raise OSError(reason, os.strerror(reason))
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
