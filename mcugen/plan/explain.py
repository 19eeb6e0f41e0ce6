"""Why a stage is computed as it is: its kernel, what that computes at a time, and why a better family refused it."""

from __future__ import annotations

from mcugen.kernels import FAMILIES, find_family
from mcugen.plan.plan import StagePlan
from mcugen.schemas.kernels import KernelChoice, Refusal


def kernel_view(planned: StagePlan) -> KernelChoice:
    """The kernel of a stage, and which families that the target prefers did not take it."""
    kernel = planned.kernel
    family = FAMILIES[0] if kernel is None else find_family(kernel.family)
    return KernelChoice(
        family=family.name,
        title=family.title,
        blocking="" if kernel is None else kernel.blocking,
        remark="" if kernel is None else kernel.remark,
        refused=tuple(Refusal(find_family(name).title, reason) for name, reason in planned.refused),
    )
