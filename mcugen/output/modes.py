"""Permissions and owners of what is replaced."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path


def keep_mode(old: Path, new: Path) -> None:
    """Gives a file or directory the permissions, and where it is allowed the owner, of the one that it replaces."""
    try:
        was = old.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISLNK(was.st_mode):
        return
    now = new.stat()
    if (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
        with suppress(PermissionError):
            os.chown(new, was.st_uid, was.st_gid)
    os.chmod(new, stat.S_IMODE(was.st_mode))
