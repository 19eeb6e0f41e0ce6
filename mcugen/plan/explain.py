"""Why a stage is computed as it is: its kernel, what that computes at a time, and why a better family refused it."""

from __future__ import annotations

from mcugen.kernels import FALLBACK, find_family
from mcugen.kernels.family import Description, Placed
from mcugen.kernels.refusals import DEPTHWISE
from mcugen.plan.plan import Plan, StagePlan
from mcugen.schemas.kernels import BetterKernel, KernelChoice, Refusal

_NO_CONVOLUTION = Description("", "")


def kernel_choice(plan: Plan, planned: StagePlan) -> KernelChoice:
    """The kernel of a stage of the plan, and which better ones, of its family and of those that the target prefers, it
    does not have."""
    kernel = planned.kernel
    family = FALLBACK if kernel is None else find_family(kernel.family)
    placed = Placed(planned.stage, plan.buffers, planned.epilogues, plan.target)
    found = _NO_CONVOLUTION if kernel is None else kernel.describe(placed)
    better = found.better
    if planned.given_up is not None:
        given_up, reason = planned.given_up
        better = (*better, BetterKernel(given_up.describe(placed).blocking, reason))
    return KernelChoice(
        family=family.name,
        title=family.title,
        name=found.name,
        blocking=found.blocking,
        depthwise=found.depthwise,
        remark=_remark(found.remark, planned.refused),
        better=better,
        refused=tuple(Refusal(name, find_family(name).title, reason) for name, reason in planned.refused),
        rows=_rows(planned),
    )


def reasons(choice: KernelChoice) -> list[str]:
    """Why a stage has no better kernel, a line for each that it could have, and what of it no kernel computes."""
    lines = [f"not {refusal.title}: {refusal.reason}" for refusal in choice.refused]
    lines += [f"not {better.kernel}: {better.reason}" for better in choice.better]
    return [*lines, choice.remark] if choice.remark else lines


def _remark(remark: str, refused: tuple[tuple[str, str], ...]) -> str:
    """The remark, without a reason that a family has given already."""
    what, _, why = remark.partition(": ")
    given = [reason.removeprefix(DEPTHWISE) for _, reason in refused]
    return f"{what}, for the same reason" if why in given else remark


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
