"""The operators as tests know them: one module each with its KINDS, found as `mcugen.ir.operators` finds its own."""

from __future__ import annotations

import importlib
import pkgutil

from mcugen.ir import Operator
from tests.support.operators.kind import Kind, Naive


def _kinds() -> tuple[Kind, ...]:
    modules = (importlib.import_module(module.name) for module in pkgutil.iter_modules(__path__, f"{__name__}."))
    return tuple(kind for module in modules for kind in getattr(module, "KINDS", ()))


KINDS = _kinds()
ADDERS = {kind.name: kind.add for kind in KINDS}
NAIVE: dict[type[Operator], Naive] = {kind.operator: kind.naive for kind in KINDS}
