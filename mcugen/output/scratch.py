"""Directories for what is being written, beside its place; those of runs that were killed are cleared."""

from __future__ import annotations

import errno
import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mcugen.killed import JOURNAL, PREFIX
from mcugen.output.undo import undo


def _locks() -> Any:
    """The module that locks files; None on Windows, which has none."""
    try:
        return importlib.import_module("fcntl")
    except ImportError:
        return None


@contextmanager
def new_scratch(parent: Path) -> Iterator[Path]:
    """An empty directory in `parent` that goes at the end. What killed runs left there is undone and cleared first."""
    clear_stale(parent)
    path, lock = _locked_directory(parent)
    try:
        yield path
    finally:
        # Where an update could not be undone its old files are in there.
        if not (path / JOURNAL).exists():
            shutil.rmtree(path, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def clear_stale(parent: Path) -> bool:
    """Undoes and removes what runs that were killed left in the directory; what still runs is left alone.

    Returns whether there was an update to undo. Raises McugenError if the old files cannot be put back.
    """
    undone = False
    for path in sorted(parent.glob(f"{PREFIX}*")):
        if path.is_symlink() or not path.is_dir() or (hasattr(os, "getuid") and path.stat().st_uid != os.getuid()):
            continue
        try:
            lock = _lock(path)
        except OSError:
            continue
        try:
            if (path / JOURNAL).exists():
                undo(parent, path)
                (path / JOURNAL).unlink()
                undone = True
            shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(lock)
    return undone


def _locked_directory(parent: Path) -> tuple[Path, int | None]:
    """A new directory, and what holds its lock: it is free again when the process is gone, however that ended."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        try:
            lock = _lock(path)
        except (FileNotFoundError, BlockingIOError):
            # Another run took it for one of a killed run and removes it.
            continue
        except OSError:
            # A file system without locks.
            return path, None
        if path.exists():
            return path, lock
        os.close(lock)


def _lock(path: Path) -> int:
    """Locks a directory; raises OSError where it is locked by others, is gone, or cannot be locked."""
    fcntl = _locks()
    if fcntl is None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
