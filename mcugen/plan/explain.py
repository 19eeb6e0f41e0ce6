"""Why a stage is computed as it is: its kernel, what that computes at a time, and why it has no better one."""

from __future__ import annotations

from itertools import groupby

from mcugen.kernels import FALLBACK, find_family
from mcugen.kernels.family import Description, Placed
from mcugen.kernels.refusals import DEPTHWISE
from mcugen.plan.plan import Plan, StagePlan
from mcugen.plan.planned_stage import PlannedStage
from mcugen.schemas.kernels import BetterKernel, KernelChoice, LayerForm, Refusal
from mcugen.schemas.optimization import RejectedForm


def kernel_choice(plan: Plan, planned: StagePlan) -> KernelChoice:
    """The kernel of a stage of the plan, and which better ones, of its family and of those that the target prefers, it
    does not have."""
    kernel = planned.kernel
    family = FALLBACK if kernel is None else find_family(kernel.family)
    placed = Placed(planned.stage, plan.buffers, planned.epilogues, plan.target)
    found = _no_convolution(plan, planned) if kernel is None else kernel.describe(placed)
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
        forms=layer_forms(planned),
        rows=_rows(planned),
    )


def layer_forms(planned: StagePlan) -> tuple[LayerForm, ...]:
    """Which form each layer of a stage that requantizes has, and which of portable code's were tried before."""
    found = []
    for op in planned.stage.operators:
        epilogue, form = planned.epilogues.get(op.name), planned.form
        if epilogue is not None:
            columns = op is planned.stage.first and planned.stage.is_separable
            own = planned.kernel and planned.kernel.form(op, epilogue, columns=columns)
            tried = epilogue.rejected if own in (None, epilogue.form) else ()
            rejected = tuple(RejectedForm(name, wrong) for name, wrong in tried)
            found.append(LayerForm(op.name, own or epilogue.form, own is not None, rejected))
        elif form is not None:
            rejected = tuple(RejectedForm(name, planned.stage.output.channels) for name in form.rejected)
            found.append(LayerForm(op.name, form.name, False, rejected))
    return tuple(found)


def reasons(choice: KernelChoice) -> list[str]:
    """Why a stage has no better kernel, a line for each that it could have, what of it no kernel computes, and what
    layers have no cheaper form of requantization."""
    alike = groupby(choice.refused, key=lambda refusal: refusal.reason)
    lines = [f"not {' nor '.join(refusal.title for refusal in group)}: {reason}" for reason, group in alike]
    lines += [f"not {better.kernel}: {better.reason}" for better in choice.better]
    lines += [choice.remark] if choice.remark else []
    return lines + [_slow_form(form) for form in choice.forms if form.rejected]


def _slow_form(form: LayerForm) -> str:
    """Why it is no cheaper one."""
    tried = [(each.form, each.differs_in_channels) for each in form.rejected]
    wrong = (f"{name} is not equal in {count:,} channel{'s' * (count > 1)}" for name, count in tried)
    return f"{form.layer} is {form.form}: {', '.join(wrong)}"


def _no_convolution(plan: Plan, planned: StagePlan) -> Description:
    """What the function of an operator that is a stage of its own does."""
    return Description(planned.stage.first.function(PlannedStage(plan, planned)), "")


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
