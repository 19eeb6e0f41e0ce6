"""Which kernel each stage gets on a target."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mcugen.ir import Conv2D
from mcugen.passes.intervals import Intervals
from mcugen.plan.dsp import DspStage, plan_dsp_stages
from mcugen.plan.packed import PackedStage, plan_packed_stage
from mcugen.plan.stage import Stage
from mcugen.targets import Target

Kernel = DspStage | PackedStage | None
"""For DSP instructions, of packed pixels, or portable code."""


def plan_kernels(
    stages: Sequence[Stage], planar: Collection[str], intervals: Intervals, target: Target
) -> Sequence[Kernel]:
    """The kernel of each stage that the target's instructions ask for. planar: tensors whose rows are [channel][x]."""
    if target.dsp:
        return plan_dsp_stages(stages, intervals)
    if not target.packed:
        return [None] * len(stages)
    return [_packed(stage, planar, intervals, target) for stage in stages]


def _packed(stage: Stage, planar: Collection[str], intervals: Intervals, target: Target) -> PackedStage | None:
    source, output = stage.inputs[0], stage.output
    if isinstance(stage.first, Conv2D) and source.name in planar and source.channels > 1:
        # Windows are copied only from pixels whose channels stand together.
        return None
    x_stride = 1 if output.name in planar else output.channels
    return plan_packed_stage(stage, intervals, x_stride, target.packed)
