"""Boards without hardware as a serial port: the firmware in QEMU, or as a program, behind a pseudo-terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mcugen.diagnostics import McugenError
from mcugen.targets.boards import Board

_STOP_S = 5.0
_ICOUNT = ("-icount", "shift=7,align=off,sleep=off")
_QUIET = ("-display", "none", "-monitor", "none", "-serial", "stdio", "-semihosting")


def program_path(project: Path, board: Board) -> Path:
    """What PlatformIO builds."""
    name = "program" if board.platform == "native" else "firmware.elf"
    return project / ".pio" / "build" / board.name / name


def run_command(board: Board, program: Path) -> list[str]:
    """The command that runs the board's firmware with its serial port on standard input and output."""
    if board.platform == "native":
        return [str(program)]
    machine: Sequence[str] = ("-machine", board.emulator)
    emulator, package = "qemu-system-arm", "qemu-system-arm"
    if board.target.startswith("rv32"):
        emulator, package = "qemu-system-riscv32", "qemu-system-misc"
        machine = (*machine, "-cpu", "rv32,a=off,f=off,d=off", "-bios", "none")
    if shutil.which(emulator) is None:
        raise McugenError(f"{emulator} is not installed", f"apt-get install {package}")
    return [emulator, *machine, *_ICOUNT, *_QUIET, "-kernel", str(program)]


@contextmanager
def virtual_board(board: Board, program: Path) -> Iterator[str]:
    """Runs the firmware; gives the path of its serial port, which is there as long as the context is open."""
    if not program.is_file():
        raise McugenError(f"{program}: there is no such firmware", "build it first")
    master, slave = os.openpty()
    # Before anybody opens it: what the board says must not come back to it as an echo.
    tty.setraw(slave)
    process = subprocess.Popen(
        run_command(board, program), stdin=master, stdout=master, stderr=subprocess.DEVNULL, close_fds=True
    )
    os.close(master)
    try:
        yield os.ttyname(slave)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(slave)
