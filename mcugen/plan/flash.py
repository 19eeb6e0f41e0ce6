"""An estimate of the code that a plan becomes, before any compiler has seen it."""

from __future__ import annotations

from mcugen.ir import Conv2D
from mcugen.plan.columns import Producer
from mcugen.plan.plan import Plan, StagePlan

# Bytes of Thumb code by kind of stage: means over the models of the workplace and random graphs, compiled for
# Cortex-M4 (benchmarks/code_size.py makes them anew). Totals of whole models come out within about a quarter.
_STAGE_BYTES = {
    "dsp separable": 1400,
    "dsp convolution": 860,
    "packed separable": 1500,
    "packed convolution": 900,
    "separable": 1070,
    "depthwise": 720,
    "convolution": 640,
    "pointwise": 410,
    "Softmax": 450,
    "Add": 200,
    "AveragePool2D": 140,
    "MaxPool2D": 140,
    "Pad": 100,
    "Reshape": 60,
    "Lookup": 60,
}
_ANY_STAGE_BYTES = 500
# The entry points, and what runs one group of stages.
_OTHER_BYTES = 750
_GROUP_BYTES = 28


def stage_kind(planned: StagePlan) -> str:
    """What decides the size of a stage's code."""
    first = planned.stage.first
    if planned.dsp is not None:
        return "dsp separable" if planned.stage.is_separable else "dsp convolution"
    if planned.packed is not None:
        return "packed separable" if planned.stage.is_separable else "packed convolution"
    if planned.producer is Producer.DEPTHWISE:
        return "separable" if planned.stage.is_separable else "depthwise"
    if isinstance(first, Conv2D):
        return "pointwise" if planned.producer is Producer.DIRECT else "convolution"
    return type(first).__name__


def estimate_code_bytes(plan: Plan) -> int:
    """Bytes of machine code, estimated."""
    stages = sum(_STAGE_BYTES.get(stage_kind(planned), _ANY_STAGE_BYTES) for planned in plan.stages)
    return _OTHER_BYTES + _GROUP_BYTES * len(plan.schedule.groups) + stages
