"""Which kernel each stage gets on a target."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mcugen.ir import Conv2D, DepthwiseConv2D, Graph
from mcugen.kernels.dsp.select import DspStage, plan_dsp_stages
from mcugen.kernels.helium.select import HeliumStage, plan_helium_stages
from mcugen.kernels.packed.select import PackedStage, plan_packed_stage
from mcugen.passes.intervals import Intervals
from mcugen.plan.buffer import Layout, choose_layout
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.stage import Stage
from mcugen.targets import Target

Kernel = DspStage | HeliumStage | PackedStage | None
"""For DSP or Helium instructions, of packed pixels, or portable code."""


def plan_kernels(
    graph: Graph,
    stages: Sequence[Stage],
    epilogues: Mapping[str, Epilogue],
    intervals: Intervals,
    target: Target,
) -> tuple[list[Kernel], dict[str, Layout]]:
    """The kernel of each stage that the target's instructions ask for, and the layout of each tensor. epilogues: of
    portable code, by operator."""
    if target.helium:
        helium = plan_helium_stages(stages, epilogues)
        taken = {
            s.first.name for s, k in zip(stages, helium, strict=True) if k and isinstance(s.first, DepthwiseConv2D)
        }
        layouts = {name: choose_layout(graph, name, taken) for name in graph.tensors}
        others = iter(plan_dsp_stages([s for s, k in zip(stages, helium, strict=True) if k is None], intervals))
        return [next(others) if kernel is None else kernel for kernel in helium], layouts
    layouts = {name: choose_layout(graph, name) for name in graph.tensors}
    if target.dsp:
        return list(plan_dsp_stages(stages, intervals)), layouts
    if not target.packed:
        return [None] * len(stages), layouts
    planar = {name for name, layout in layouts.items() if layout is Layout.PLANAR}
    return [_packed(stage, planar, intervals, target) for stage in stages], layouts


def _packed(stage: Stage, planar: Collection[str], intervals: Intervals, target: Target) -> PackedStage | None:
    source, output = stage.inputs[0], stage.output
    if isinstance(stage.first, Conv2D) and source.name in planar and source.channels > 1:
        # Windows are copied only from pixels whose channels stand together.
        return None
    x_stride = 1 if output.name in planar else output.channels
    return plan_packed_stage(stage, intervals, x_stride, target.packed)
