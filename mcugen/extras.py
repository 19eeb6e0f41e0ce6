"""Packages that only some commands need: one clear line where they are not installed."""

from __future__ import annotations

import importlib
from types import ModuleType

from mcugen.diagnostics import McugenError


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """The module, imported; raises McugenError naming mcugen's extra to install if it is absent.

    purpose: what needs it, as in "training".
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or module).partition(".")[0]
        raise McugenError(
            f"{purpose} needs {missing}, which is not installed", f"pip install 'mcugen[{extra}]'"
        ) from error
