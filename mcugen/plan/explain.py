"""Why a stage is computed as it is: its kernel, what that computes at a time, and why a better family refused it."""

from __future__ import annotations

from typing import Any

from mcugen.kernels import FAMILIES, find_family
from mcugen.plan.plan import StagePlan


def kernel_view(planned: StagePlan) -> dict[str, Any]:
    """The kernel of a stage as JSON values.

    family, title: its kernel family's name, and what people call it. blocking: what it computes at a time, "" of
    operators that are no convolutions. remark: what of the stage is portable code all the same, and why; "" if nothing.
    refused: families that the target prefers to this one, by title, and why each did not take the stage.
    """
    kernel = planned.kernel
    family = FAMILIES[0] if kernel is None else find_family(kernel.family)
    return {
        "family": family.name,
        "title": family.title,
        "blocking": "" if kernel is None else kernel.blocking,
        "remark": "" if kernel is None else kernel.remark,
        "refused": [{"family": find_family(name).title, "reason": reason} for name, reason in planned.refused],
    }
