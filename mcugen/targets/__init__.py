"""Target cores as data; adding one is one file and one entry in TARGETS."""

from __future__ import annotations

import difflib

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
    """The target of this name, in any case; raises McugenError naming the nearest ones, and all, if there is none."""
    wanted = name.lower().replace("_", "-")
    for target in TARGETS:
        if target.name == _ALIASES.get(wanted, wanted):
            return target
    names = [*(target.name for target in TARGETS), *_ALIASES]
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6) or [
        each for each in names if len(wanted) > 1 and wanted in each
    ]
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    raise McugenError(f"there is no target {name!r}", f"{meant}one of: {', '.join(names)}")


__all__ = ["TARGETS", "Target", "find_target"]
