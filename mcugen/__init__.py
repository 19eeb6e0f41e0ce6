"""mcugen: a compiler from int8-quantized MobileNets to self-contained C99 for microcontrollers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcugen.version import __version__

if TYPE_CHECKING:
    from mcugen.compiler import Compiled
    from mcugen.compiler import compile_model as compile

__all__ = ["Compiled", "__version__", "compile"]

# Looked up on first use: `import mcugen` must not cost the import of numpy and the front ends.
_LAZY = {"compile": "compile_model", "Compiled": "Compiled"}


def __dir__() -> list[str]:
    """What completion shows: the interface, not the modules that happen to be loaded."""
    return sorted([*__all__, "__doc__", "__file__", "__name__", "__path__"])


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mcugen import compiler

    return getattr(compiler, _LAZY[name])
