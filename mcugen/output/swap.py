"""An update in one step: the new directory is made beside the old one, and the two are exchanged."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from mcugen.killed import PREFIX
from mcugen.output.exchange import exchange
from mcugen.output.modes import keep_mode
from mcugen.output.owned import remove_empty, subdirectories
from mcugen.output.scratch import new_scratch

_MOST_KEPT = 5000
"""Files of others beyond this number are not linked anew for an update."""


def swap(directory: Path, written: Mapping[str, bytes], removed: Collection[str]) -> bool:
    """Updates the directory in one step; False, with nothing changed, where that cannot be done.

    Files that stay are hard links in the new directory. The shell and the process whose working directory it is would
    be left in the old one: then it is not done.
    """
    if _is_worked_in(directory):
        return False
    gone = {*written, *removed}
    done = False
    try:
        with new_scratch(directory.parent) as scratch:
            complete = scratch / directory.name
            complete.mkdir()
            if not _link_kept(directory, complete, gone):
                return False
            for name, data in written.items():
                (complete / name).parent.mkdir(parents=True, exist_ok=True)
                (complete / name).write_bytes(data)
                keep_mode(directory / name, complete / name)
            remove_empty(subdirectories(complete, removed))
            keep_mode(directory, complete)
            exchange(complete, directory)
            done = True
            _rescue(complete, directory, gone)
    except OSError:
        return done
    return True


def _is_worked_in(directory: Path) -> bool:
    try:
        return Path.cwd().is_relative_to(directory)
    except OSError:
        return True


def _link_kept(old: Path, new: Path, gone: Collection[str]) -> bool:
    """Links all files that stay into the new directory; False where there are too many of them."""
    kept = 0
    for name, entry in _entries(old):
        if name in gone:
            continue
        kept += 1
        if kept > _MOST_KEPT:
            return False
        if entry.is_dir(follow_symlinks=False):
            (new / name).mkdir()
            keep_mode(old / name, new / name)
        else:
            os.link(old / name, new / name, follow_symlinks=False)
    return True


def _rescue(old: Path, new: Path, gone: Collection[str]) -> None:
    """What others wrote into the old directory while the new one was made."""
    for name, entry in _entries(old):
        if name in gone or entry.is_dir(follow_symlinks=False):
            continue
        if os.path.lexists(new / name) and entry.inode() == (new / name).lstat().st_ino:
            continue
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(old / name, new / name)


def _entries(directory: Path, below: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """All entries below a directory with their names relative to it, directories before what is in them."""
    with os.scandir(directory / below) as entries:
        for entry in entries:
            if not below and entry.name.startswith(PREFIX):
                continue
            name = f"{below}{entry.name}"
            yield name, entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(directory, f"{name}/")
