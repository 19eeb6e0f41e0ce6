"""Flash and RAM of a built firmware, as its linker laid them out."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mcugen.firmware.virtual import program_path
from mcugen.targets import find_target
from mcugen.targets.boards import Board

_FLASH = (".text", ".rodata", ".data", ".vectors", ".isr_vector", ".init_array", ".fini_array", ".ARM", ".ARM.exidx")
_RAM = (".data", ".bss", ".stack", ".noinit", "._user_heap_stack")


@dataclass(frozen=True)
class LinkedSizes:
    """Bytes of the whole program; ram includes a stack that the linker script sets apart."""

    flash: int
    ram: int


def linked_sizes(project: Path, board: Board) -> LinkedSizes | None:
    """By `size` of the target's compiler; None for the host, without that tool, or where nothing was built."""
    prefix = find_target(board.target).compiler
    program = program_path(project, board)
    if board.platform not in ("emulated", "ststm32") or not program.is_file() or not shutil.which(f"{prefix}size"):
        return None
    listing = subprocess.run(
        [f"{prefix}size", "-A", "-d", str(program)], capture_output=True, text=True, check=False
    ).stdout
    rows = [line.split() for line in listing.splitlines()]
    sections = {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[1].isdigit()}
    return LinkedSizes(sum(sections.get(name, 0) for name in _FLASH), sum(sections.get(name, 0) for name in _RAM))
