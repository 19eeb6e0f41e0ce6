"""Every step by which files are changed, counted, so that each of them can fail or be the last of a process."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcugen.output import content_hash
from mcugen.output.exchange import exchange

STEPS = ("replace", "rename", "link", "unlink", "mkdir", "rmdir", "chmod")


def package(manifest: str = "net", **files: str | bytes) -> dict[str, str | bytes]:
    """Generated files by path, with __ for / in the names of arguments, and their manifest."""
    named = {name.replace("__", "/"): content for name, content in files.items()}
    hashes = {name: content_hash(content) for name, content in named.items()}
    return {**named, f"{manifest}.json": json.dumps({"generator": "mcugen", "files": hashes})}


def contents(directory: Path) -> dict[str, str]:
    """Every file below the directory, scratch of killed runs included."""
    return {path.relative_to(directory).as_posix(): path.read_text() for path in directory.rglob("*") if path.is_file()}


class Steps:
    """Calls `at(n)` before the n-th step from 1 on; files that are written count too."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: Callable[[int], None]) -> None:
        self.count, self.at = 0, at
        for name in STEPS:
            monkeypatch.setattr(os, name, self._counting(getattr(os, name)))
        monkeypatch.setattr(Path, "write_bytes", self._counting(Path.write_bytes))
        monkeypatch.setattr(Path, "write_text", self._counting(Path.write_text))
        monkeypatch.setattr("mcugen.output.swap.exchange", self._counting(exchange))

    def _counting(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any, **named: Any) -> Any:
            self.count += 1
            self.at(self.count)
            return real(*arguments, **named)

        return counting


def full() -> OSError:
    """What a full disk raises."""
    return OSError(errno.ENOSPC, "No space left on device")
