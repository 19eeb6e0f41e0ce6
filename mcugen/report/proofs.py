"""Which form each requantization got, and over what it was proved equal to the model's own."""

from __future__ import annotations

from mcugen.plan.explain import layer_forms
from mcugen.plan.plan import Plan, StagePlan
from mcugen.schemas.kernels import LayerForm
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
    return [_proof(planned, form) for planned in plan.stages for form in layer_forms(planned)]


def _proof(planned: StagePlan, form: LayerForm) -> Proof:
    epilogue, own = planned.epilogues.get(form.layer), planned.form
    if epilogue is not None:
        portable, channels, proved = epilogue.form, len(epilogue.bias), epilogue.proved
        rejected = tuple(RejectedForm(name, wrong) for name, wrong in epilogue.rejected)
    else:
        assert own is not None
        portable, channels, proved = own.name, planned.stage.output.channels, own.proved
        rejected = form.rejected
    return Proof(
        layer=form.layer,
        form=form.form,
        in_kernel=form.in_kernel,
        portable_form=portable,
        channels=channels,
        accumulators=proved,
        rejected=rejected,
    )
