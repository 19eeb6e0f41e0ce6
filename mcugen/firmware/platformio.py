"""Runs PlatformIO on a project."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mcugen.diagnostics import McugenError

_STDERR = 2  # the descriptor: what PlatformIO says must not get into --json


class PlatformioError(McugenError):
    """PlatformIO is missing or failed."""


def platformio_command() -> list[str]:
    """The command; raises PlatformioError if it is not installed."""
    if importlib.util.find_spec("platformio") is not None:
        return [sys.executable, "-m", "platformio"]
    found = shutil.which("pio") or shutil.which("platformio")
    if found is None:
        raise PlatformioError("PlatformIO is not installed", "pip install platformio")
    return [found]


def run_platformio(project: Path, arguments: Sequence[str], *, what: str) -> None:
    """Runs it in a project, its output on stderr. what: for the error, as in "building for netduinoplus2"."""
    environment = os.environ | {"PLATFORMIO_DISABLE_UPGRADE_CHECK": "true"}
    command = [*platformio_command(), *arguments, "--project-dir", str(project)]
    done = subprocess.run(command, env=environment, stdout=_STDERR, check=False)
    if done.returncode != 0:
        raise PlatformioError(f"{what} failed", f"what PlatformIO said stands above; the project is {project}")
