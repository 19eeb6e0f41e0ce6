"""Where a linker put functions and variables, as `readelf` tells it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Symbol:
    """size: bytes. load: the address from which it is loaded or copied, -1 where nothing is."""

    start: int
    size: int
    load: int


def symbols(elf: Path, tools: str) -> dict[str, Symbol]:
    """Functions and variables by name. tools: prefix of the cross compiler's commands."""
    run = [f"{tools}readelf", "-lsW", str(elf)]
    text = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    segments = [
        (int(at, 16), int(load, 16), int(size, 16))
        for at, load, size in re.findall(r"LOAD\s+\S+ (0x\w+) (0x\w+) \S+ (0x\w+)", text)
    ]
    found = {}
    for value, size, name in re.findall(r"^\s*\d+: (\w+)\s+(\d+) (?:FUNC|OBJECT)\s+\w+\s+\w+\s+\w+ (\S+)$", text, re.M):
        start = int(value, 16) & ~1
        loads = [load + start - at for at, load, length in segments if at <= start < at + length]
        found[name] = Symbol(start, int(size), loads[0] if loads else -1)
    return found
