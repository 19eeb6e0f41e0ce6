"""Runs an ELF file in QEMU, counting instructions exactly, and reads what it printed."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from .errors import EmulatorError, ProgramError, find_tool
from .machines import Machine

_VALUE = re.compile(r"^([A-Za-z_][\w./-]*)=(-?\d+)$")
_BLOB = re.compile(r"^([A-Za-z_][\w./-]*)=hex:((?:[0-9a-f]{2})*)$")
_FAULT = re.compile(r"^FAULT (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class RunResult:
    """How a program ended and what it printed."""

    console: str
    status: int | None
    """The exit status of the program; None if it was killed at the time limit."""
    timed_out: bool = False
    emulator_messages: str = ""
    values: dict[str, int] = field(default_factory=dict)
    """The lines `NAME=123` (mcu_report)."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    """The lines `NAME=hex:...` (mcu_report_bytes)."""

    @property
    def fault(self) -> str | None:
        """What the fault handler printed, if it ran."""
        match = _FAULT.search(self.console)
        return match.group(1) if match else None

    @property
    def lines(self) -> list[str]:
        """The console output by lines."""
        return self.console.splitlines()

    def check(self) -> RunResult:
        """Self, if the program ended with status 0; raises ProgramError with the console output otherwise."""
        if self.timed_out:
            raise ProgramError(f"the program was killed at the time limit; printed so far:\n{self.console}")
        if self.status != 0:
            raise ProgramError(
                f"the program ended with status {self.status}; printed:\n{self.console}{self.emulator_messages}"
            )
        return self


def run(machine: Machine, elf: Path, inputs: bytes = b"", timeout_s: float = 60.0) -> RunResult:
    """Runs `elf` on `machine` with `inputs` loaded where mcu_input() points; two runs give the same bytes."""
    return execute(machine, elf, inputs, timeout_s, ())


def execute(machine: Machine, elf: Path, inputs: bytes, timeout_s: float, extra: tuple[str, ...]) -> RunResult:
    """As run(), with `extra` options for QEMU."""
    if len(inputs) > machine.inputs.size:
        raise EmulatorError(f"{len(inputs)} bytes of input; {machine.name} has room for {machine.inputs.size}")
    command = [
        find_tool(machine.qemu), "-M", machine.qemu_machine, *machine.qemu_options,
        "-display", "none", "-monitor", "none", "-serial", "none",
        "-icount", f"shift={machine.icount_shift},align=off,sleep=off",
        "-chardev", "stdio,id=console,signal=off",
        "-semihosting-config", "enable=on,target=native,chardev=console",
        "-kernel", str(elf), *extra,
    ]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="mcugen-") as directory:
        if inputs:
            loaded = Path(directory) / "inputs.bin"
            loaded.write_bytes(inputs)
            address = f"{machine.inputs.origin:#x}"
            command += ["-device", f"loader,file={loaded},addr={address},force-raw=on"]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s, check=False
            )
        except subprocess.TimeoutExpired as expired:
            return _result(expired.stdout, expired.stderr, None)
    return _result(done.stdout, done.stderr, done.returncode)


def _result(stdout: bytes | None, stderr: bytes | None, status: int | None) -> RunResult:
    console = (stdout or b"").decode("utf-8", "replace").replace("\r\n", "\n")
    values: dict[str, int] = {}
    blobs: dict[str, bytes] = {}
    for line in console.splitlines():
        if value := _VALUE.match(line):
            values[value.group(1)] = int(value.group(2))
        elif blob := _BLOB.match(line):
            blobs[blob.group(1)] = bytes.fromhex(blob.group(2))
    messages = (stderr or b"").decode("utf-8", "replace")
    return RunResult(console, status, status is None, messages, values, blobs)
