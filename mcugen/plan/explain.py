"""Why a stage is computed as it is: its kernel, what that computes at a time, and why a better family refused it."""

from __future__ import annotations

from mcugen.kernels import FALLBACK, find_family
from mcugen.plan.plan import StagePlan
from mcugen.schemas.kernels import KernelChoice, Refusal


def kernel_choice(planned: StagePlan) -> KernelChoice:
    """The kernel of a stage, and which families that the target prefers did not take it."""
    kernel = planned.kernel
    family = FALLBACK if kernel is None else find_family(kernel.family)
    return KernelChoice(
        family=family.name,
        title=family.title,
        blocking="" if kernel is None else kernel.blocking,
        remark="" if kernel is None else kernel.remark,
        refused=tuple(Refusal(find_family(name).title, reason) for name, reason in planned.refused),
        rows=_rows(planned),
    )


def _rows(planned: StagePlan) -> str:
    """What is said of the stage's bands."""
    if planned.kernel is None:
        return ""
    band = planned.kernel.band
    if band is None:
        return f"a row for each reading of weights: {planned.unbanded}" if planned.unbanded else ""
    parts = "" if band.channels is None else f", those of {band.channels} channels at a time"
    more = f"; not more: {planned.unbanded}" if planned.unbanded else ""
    return f"{band.rows} rows for each reading of weights{parts}{more}"
