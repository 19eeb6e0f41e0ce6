"""Exchanging two directories in one step, where the system can."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def exchange(a: Path, b: Path) -> None:
    """Exchanges the names of two directories of one file system, atomically (renameat2 of Linux).

    Raises OSError where system or file system cannot, or a name is busy, as a mount point is.
    """
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2 if sys.platform == "linux" else None
    except (OSError, AttributeError):
        rename = None
    if rename is None:
        raise OSError(38, "Function not implemented")
    if rename(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
