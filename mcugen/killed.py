"""What updates that were killed leave behind, found without importing what undoes them (see `output.undo`)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

PREFIX = ".mcugen-scratch-"
"""What the names of scratch directories begin with."""
JOURNAL = "journal.json"
"""The file in a scratch directory that says what an update file by file does; gone when it is done."""


def killed_updates(directories: Iterable[Path]) -> list[Path]:
    """Those of the directories in which an update goes on or was killed, each once."""
    found = dict.fromkeys(directory for directory in directories if _has_journal(directory))
    return list(found)


def _has_journal(directory: Path) -> bool:
    try:
        names = [name for name in os.listdir(directory) if name.startswith(PREFIX)]
    except (OSError, ValueError):
        return False
    return any((directory / name / JOURNAL).is_file() for name in names)
