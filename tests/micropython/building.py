"""MicroPython for the tests: its source tree where there is one, firmwares built of it, scripts run on them."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path

from tests.codegen.building import run
from tests.support.needs import micropython_tree, need

BOARDS = Path(__file__).parent / "boards"
# Debian's source package has no submodules: what needs one is left out of the unix port. No frozen modules, so that no
# mpy-cross is needed.
UNIX_OPTIONS = (
    "FROZEN_MANIFEST= MICROPY_PY_SSL=0 MICROPY_SSL_MBEDTLS=0 MICROPY_PY_FFI=0 MICROPY_PY_BTREE=0 MICROPY_PY_BLUETOOTH=0"
)


def source_tree() -> Path:
    """The top of MicroPython's source tree; a test that needs it is skipped where there is none."""
    need("micropython-source")
    return micropython_tree()


def build_unix(modules: Path, build: Path) -> list[str]:
    """Builds the unix port with the user modules; returns the command that runs a script's file."""
    _make(source_tree() / "ports" / "unix", modules, build, *UNIX_OPTIONS.split())
    return [str(build / "micropython")]


def build_qemu(board: str, modules: Path, build: Path) -> Path:
    """Builds ports/qemu for a board with the user modules; returns the firmware."""
    need("arm-none-eabi-gcc", "qemu-system-arm")
    port = source_tree() / "ports" / "qemu"
    options = ["FROZEN_MANIFEST=", f"BOARD={board}"]
    if not (port / "boards" / board).is_dir():
        options.append(f"BOARD_DIR={BOARDS / board}")
    _make(port, modules, build, *options)
    return build / "firmware.elf"


def build_native(directory: Path, architecture: str) -> Path:
    """Makes the native .mpy of a generated directory."""
    need("pyelftools", "ar")
    command = ["make", f"MPY_DIR={source_tree()}", f"ARCH={architecture}", f"PYTHON={sys.executable}"]
    run(command, directory / "micropython")
    return next((directory / "micropython").glob("*.mpy"))


def run_on_qemu(firmware: Path, machine: str, script: str, seconds: float = 120) -> str:
    """What a script prints on the emulated board, by MicroPython's raw REPL on its UART."""
    command = ["qemu-system-arm", "-machine", machine, "-nographic", "-monitor", "none", "-semihosting"]
    command += ["-serial", "stdio", "-kernel", str(firmware)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        try:
            repl = _Repl(process, time.monotonic() + seconds)
            repl.expect(b">>> ")
            repl.write(b"\x01")
            repl.expect(b"raw REPL; CTRL-B to exit\r\n>")
            repl.write(script.encode())
            repl.write(b"\x04")
            repl.expect(b"OK")
            output = repl.expect(b"\x04")
            errors = repl.expect(b"\x04")
        finally:
            process.kill()
    assert errors == b"", errors.decode()
    return output.decode().replace("\r\n", "\n")


class _Repl:
    def __init__(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        self.process = process
        self.deadline = deadline
        self.received = b""

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    def expect(self, wanted: bytes) -> bytes:
        """What arrives before `wanted`."""
        assert self.process.stdout is not None
        while wanted not in self.received:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, self.deadline - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            assert data, f"no {wanted!r} from the board, but {self.received[-500:]!r}"
            self.received += data
        before, _, self.received = self.received.partition(wanted)
        return before


def _make(port: Path, modules: Path, build: Path, *options: str) -> None:
    # Nothing is written into the source tree.
    run(["make", "-C", str(port), "-j2", f"BUILD={build}", f"USER_C_MODULES={modules}", *options], build.parent)
