"""What can go wrong between a source file and its result."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence

from mcugen.diagnostics import McugenError

_PACKAGES = {
    "arm-none-eabi-": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "riscv64-unknown-elf-": "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
    "xtensa-lx106-elf-": "gcc-xtensa-lx106 picolibc-xtensa-lx106-elf",
    "qemu-system-arm": "qemu-system-arm",
    "qemu-system-riscv32": "qemu-system-misc",
    "qemu-system-xtensa": "qemu-system-misc",
    "cc": "gcc",
}


# What a compiler says for want of a C library, rather than of the code.
_NO_LIBRARY = re.compile(
    r"fatal error: (?:inttypes|limits|math|stddef|stdint|stdio|stdlib|string)\.h: No such file"
    r"|cannot find (?:-l\w+|\S*crt0\S*)|cannot read spec file"
)


class EmulatorError(McugenError):
    """Something that the emulator side cannot do."""


class MissingToolError(EmulatorError):
    """A program is not installed; the hint names the Debian package."""


class BuildError(EmulatorError):
    """A compiler or linker refused; the message holds its output."""


class ProgramError(EmulatorError):
    """The emulated program crashed, hung, or ended with an error of its own."""

    # Not the user's fault: the generated code does not do what it should.
    exit_code = 1


def debian_package(tool: str) -> str:
    """The Debian package that brings `tool`."""
    for start, package in _PACKAGES.items():
        if tool.startswith(start):
            return package
    return tool


def find_tool(tool: str) -> str:
    """The path of an installed program. Raises MissingToolError."""
    path = shutil.which(tool)
    if path is None:
        raise MissingToolError(f"{tool} is not installed", _install([tool]))
    return path


def need_tools(tools: Sequence[str]) -> None:
    """Raises MissingToolError naming all of the programs that are not installed, if there are any."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        raise MissingToolError(f"{' and '.join(missing)} {are} not installed", _install(missing))


def _install(tools: Sequence[str]) -> str:
    packages = " ".join(dict.fromkeys(debian_package(tool) for tool in tools))
    return f"on Debian or Ubuntu: apt-get install {packages}"


def refusal(compiler: str, output: str) -> EmulatorError:
    """The error for what `compiler`, a command, printed when it failed: BuildError, or MissingToolError where it lacks
    its C library."""
    lacks = _NO_LIBRARY.search(output)
    if lacks:
        return MissingToolError(f"{compiler} lacks its C library: {lacks.group()}", _install([compiler]))
    return BuildError(f"{compiler} refused the generated code: {output.strip()[:2000]}")
