"""The operators of the graph, one module each; whatever module of an operator lies here is in OPERATORS."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from mcugen.ir.operator import Operator


def _operators() -> tuple[type[Operator], ...]:
    found = []
    for module in sorted(module.name for module in pkgutil.iter_modules(__path__, f"{__name__}.")):
        for kind in vars(importlib.import_module(module)).values():
            own = isinstance(kind, type) and issubclass(kind, Operator) and kind.__module__ == module
            if own and not inspect.isabstract(kind):
                found.append(kind)
    return tuple(found)


OPERATORS = _operators()
"""Every operator that a graph can hold."""
