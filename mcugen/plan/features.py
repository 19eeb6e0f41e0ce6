"""Counts of loop turns in each function of the generated code: what its executed instructions are linear in.

A function's instructions are a constant for each call, for each turn of its outer loops and for each turn of its inner
loop. The turns are known from the plan; the constants are fitted once to a core by measurement (`prediction.py`). The
turns of convolutions are told by their kernel families (`mcugen.kernels`).
"""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.kernels.late import worker
from mcugen.plan.part import Part
from mcugen.plan.plan import Plan, StagePlan

__all__ = ["Part", "outside_part", "stage_parts"]


def stage_parts(plan: Plan, planned: StagePlan) -> Iterator[Part]:
    """The functions that a stage runs."""
    if planned.kernel is not None:
        return worker(planned.kernel.family).parts(plan, planned)
    return iter([_stage_function(planned)])


def outside_part(plan: Plan) -> Part:
    """What runs outside stages: copying the image's rows, and choosing which stage runs next."""
    image = plan.graph.input_tensor
    steps = len(plan.schedule.steps)
    turns = {"call": 1.0, "image row": float(image.height), "byte": float(image.size), "step": float(steps)}
    # Cores without a long multiply call a function for each requantization of portable code.
    parts = (part for planned in plan.stages for part in stage_parts(plan, planned))
    turns["portable output"] = float(sum(part.portable_outputs for part in parts))
    return Part("", "outside stages", turns)


def _stage_function(planned: StagePlan) -> Part:
    """The only function of a stage that is no convolution."""
    first, output = planned.stage.first, planned.stage.output
    rows, elements = output.height, output.height * output.width * output.channels
    turns: dict[str, float] = {"call": rows, "pixel": rows * output.width, "element": elements}
    portable = float(output.size) if planned.epilogues else 0.0
    return Part("stage", type(first).__name__, turns | first.turns(elements), portable)
