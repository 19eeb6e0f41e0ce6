"""An estimate of the code that a plan becomes, before any compiler has seen it."""

from __future__ import annotations

from mcugen.plan.plan import Plan


def estimate_code_bytes(plan: Plan) -> int:
    """Bytes of machine code, a fit."""
    return 1000 + 300 * len(plan.stages)
