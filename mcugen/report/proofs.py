"""Which form each requantization got, and over what it was proved equal to the model's own."""

from __future__ import annotations

from mcugen.ir import Operator
from mcugen.plan.plan import Plan, StagePlan
from mcugen.schemas.optimization import RejectedForm
from mcugen.schemas.report.ranges import Proof

FORMS = {
    "rounded": ("h = (a·M + 2³⁰) >> 31;  y = (h + half) >> r", "rounding high multiply, then one shift"),
    "rounded_signed": (
        "h = (a·M + 2³⁰) >> 31;  h += h >> 31;  y = (h + half) >> r",
        "the same for results of either sign: half away from zero",
    ),
    "truncated": ("h = (a·M) >> 31;  y = (h + half) >> r", "truncating high multiply, then one shift"),
    "exact_double": ("two roundings, literally", "TensorFlow Lite's arithmetic as it is written, left shifts included"),
    "exact_single": ("one rounding of the exact product", "ONNX's arithmetic as documented, left shifts included"),
    "fitted": (
        "y = usat(((256·a + b)·M >> 32) >> r)",
        "two instructions, SMMUL and USAT: multiplier and offset found so that every step lies where the model has it",
    ),
    "fitted_addend": (
        "y = usat((((256·a + b)·M >> 32) + c) >> r)",
        "two instructions, SMMLA and USAT: an addend where an offset alone does not reach every step",
    ),
    "signed": (
        "two roundings of 256·a",
        "the exact form for results of either sign, on sums that are 256-fold",
    ),
    "fitted_plain": (
        "y = usat((((a + b)·M >> 32) + c) >> r)",
        "SMULL, ADD, USAT: the same rescaling for sums that are not 256-fold",
    ),
    "fitted_split": (
        "y = (v·high + (v·low >> s) + c) >> r",
        "two 32-bit products for cores without a long multiply",
    ),
    "fitted_signed": (
        "y = ssat((((a·M ± half) >> 32) + c) >> r)",
        "SMLAL, ADD, SSAT: results of either sign, a half with the sum's sign taken along by the product",
    ),
    "fitted_split_signed": (
        "t = v·high + (v·low >> s) + c;  y = (t < 0 ? t - d : t) >> r",
        "the two products for results of either sign: steps up to the zero point lie d off the others",
    ),
    "linear": ("y = (f₀·a + f₁·b + c) >> r", "an addition as one linear form, tried for every pair of stored values"),
    "three_roundings": ("three roundings, literally", "the addition's own arithmetic as it is written"),
}
"""Formula and explanation of every form. a: accumulator; M, r: multiplier and right shift of the channel."""


def proof_records(plan: Plan) -> list[Proof]:
    """One entry a layer that requantizes. Forms are those of FORMS."""
    found = []
    for planned in plan.stages:
        for op in planned.stage.operators:
            epilogue = planned.epilogues.get(op.name)
            if epilogue is not None:
                kernel = _kernel_form(planned, op)
                rejected = tuple(RejectedForm(form, wrong) for form, wrong in epilogue.rejected)
                found.append(
                    Proof(
                        layer=op.name,
                        form=kernel or epilogue.form,
                        in_kernel=kernel is not None,
                        portable_form=epilogue.form,
                        channels=len(epilogue.bias),
                        accumulators=epilogue.proved,
                        rejected=rejected,
                    )
                )
            elif planned.form is not None:
                found.append(
                    Proof(
                        layer=op.name,
                        form=planned.form.name,
                        in_kernel=False,
                        portable_form=planned.form.name,
                        channels=planned.stage.output.channels,
                        accumulators=planned.form.proved,
                        rejected=(),
                    )
                )
    return found


def _kernel_form(planned: StagePlan, op: Operator) -> str | None:
    """The form in the stage's kernel; None where the layer is computed by portable code."""
    columns = op is planned.stage.first and planned.stage.is_separable
    if planned.kernel is None:
        return None
    return planned.kernel.form(op, planned.epilogues[op.name], columns=columns)
