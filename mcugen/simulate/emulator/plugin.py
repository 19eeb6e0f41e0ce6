"""QEMU plugins of this package: C files in baremetal/ that are compiled when they are needed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from .errors import EmulatorError, find_tool
from .machines import Machine

_SOURCES = Path(__file__).parent / "baremetal"


def compile_plugin(machine: Machine, source: str, directory: Path) -> Path:
    """The shared object of baremetal/`source`, in `directory`. Raises MissingToolError or EmulatorError."""
    plugin = directory / Path(source).with_suffix(".so").name
    version = subprocess.run([find_tool(machine.qemu), "--version"], capture_output=True, text=True, check=False).stdout
    major = re.search(r"version (\d+)", version)
    interface = 1 if major is None or int(major.group(1)) < 9 else 2
    command = [find_tool("cc"), "-O2", "-shared", "-fPIC", f"-DPLUGIN_VERSION={interface}", "-o", str(plugin)]
    done = subprocess.run([*command, str(_SOURCES / source)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EmulatorError(f"cc refused {source}: {done.stderr.strip()[:2000]}")
    return plugin
