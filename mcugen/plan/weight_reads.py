"""How often an inference reads the weights of a layer, which is what flash behind a small cache is slow at."""

from __future__ import annotations

from mcugen.plan.features import stage_parts
from mcugen.plan.plan import Plan, StagePlan
from mcugen.plan.prediction import parts_by_layer


def weight_reads(plan: Plan, planned: StagePlan) -> dict[str, float]:
    """By name of the stage's operators, how often each weight is loaded in one inference; 0 for those without weights.

    Kernels read the weights of a matrix once for each tile of pixels and those of a depthwise convolution once for each
    row of outputs. A family says it of its functions (`Part.weight_reads`).
    """
    parts = parts_by_layer(planned.stage, stage_parts(plan, planned))
    return {name: sum(part.weight_reads for part in own) for name, own in parts.items()}


def layer_weight_reads(plan: Plan) -> dict[str, float]:
    """The same of all stages."""
    return {name: reads for planned in plan.stages for name, reads in weight_reads(plan, planned).items()}
