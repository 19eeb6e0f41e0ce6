"""Compilers that generated C is tried with, and at which levels; those that are installed."""

from __future__ import annotations

import shutil

HOST_COMPILERS = ("gcc", "clang", "gcc-11", "gcc-13", "gcc-14", "clang-16", "clang-19", "clang-22")
LEVELS = ("-O1", "-O2", "-O3", "-Os")


def installed_compilers() -> list[str]:
    """Those of HOST_COMPILERS that are here."""
    return [name for name in HOST_COMPILERS if shutil.which(name)]
