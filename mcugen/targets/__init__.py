"""Target cores as data; adding one is one file and one entry in TARGETS."""

from __future__ import annotations

from mcugen.diagnostics import McugenError
from mcugen.targets.cortex_m import (
    CORTEX_M0PLUS,
    CORTEX_M3,
    CORTEX_M4,
    CORTEX_M4F,
    CORTEX_M7,
    CORTEX_M33,
    CORTEX_M55,
    CORTEX_M85,
)
from mcugen.targets.generic import GENERIC
from mcugen.targets.riscv import RV32IMC
from mcugen.targets.target import Target
from mcugen.targets.xtensa import XTENSA

TARGETS: tuple[Target, ...] = (
    GENERIC,
    CORTEX_M0PLUS,
    CORTEX_M3,
    CORTEX_M4,
    CORTEX_M4F,
    CORTEX_M7,
    CORTEX_M33,
    CORTEX_M55,
    CORTEX_M85,
    RV32IMC,
    XTENSA,
)
_ALIASES = {"host": "generic"}


def find_target(name: str) -> Target:
    """The target of this name; raises McugenError listing all targets if there is none."""
    for target in TARGETS:
        if target.name == _ALIASES.get(name, name):
            return target
    known = ", ".join([*(target.name for target in TARGETS), *_ALIASES])
    raise McugenError(f"there is no target {name!r}", f"one of: {known}")


__all__ = ["TARGETS", "Target", "find_target"]
