"""What can go wrong between a source file and its result."""

from __future__ import annotations

import shutil

_PACKAGES = {
    "arm-none-eabi-": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "riscv64-unknown-elf-": "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
    "xtensa-lx106-elf-": "gcc-xtensa-lx106 picolibc-xtensa-lx106-elf",
    "qemu-system-arm": "qemu-system-arm",
    "qemu-system-riscv32": "qemu-system-misc",
    "qemu-system-xtensa": "qemu-system-misc",
    "cc": "gcc",
}


class EmulatorError(RuntimeError):
    """Something that the emulator side cannot do."""


class MissingToolError(EmulatorError):
    """A program is not installed; the message names the Debian package."""


class BuildError(EmulatorError):
    """A compiler or linker refused; the message holds its output."""


def debian_package(tool: str) -> str:
    """The Debian package that brings `tool`."""
    for start, package in _PACKAGES.items():
        if tool.startswith(start):
            return package
    return tool


def find_tool(tool: str) -> str:
    """The path of an installed program."""
    path = shutil.which(tool)
    if path is None:
        raise MissingToolError(f"{tool} is not installed; on Debian or Ubuntu: apt-get install {debian_package(tool)}")
    return path
