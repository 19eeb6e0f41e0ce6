"""The view of a stage: of its kernel's family, or of its operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mcugen.codegen.views import (
    StageContext,
    describe,
    epilogue_view,
    inside_image,
    output_views,
    shape_text,
    single_requantization_view,
    source_views,
    window_views,
)
from mcugen.ir import Window
from mcugen.kernels.late import emitter
from mcugen.plan.plan import StagePlan
from mcugen.plan.planned_stage import PlannedStage


def stage_view(context: StageContext, plan: StagePlan) -> dict[str, Any]:
    """Everything that the template of a stage reads."""
    stage = plan.stage
    if plan.kernel is None:
        view = {"template": f"stages/{stage.first.template}", **stage.first.view(_Writer(context.plan, plan, context))}
    else:
        view = emitter(plan.kernel.family).view(context, plan)
    kinds = " and ".join(type(op).__name__ for op in stage.operators)
    inputs = ", ".join(shape_text(tensor) for tensor in stage.inputs)
    view["index"] = stage.index
    view["title"] = f"{kinds}, {inputs} -> {shape_text(stage.output)}"
    view["details"] = [describe(op) for op in stage.operators]
    return view


@dataclass(frozen=True, eq=False)
class _Writer(PlannedStage):
    """What an operator is offered to describe itself, see `ir.stage.StageWriter`."""

    context: StageContext

    def source(self, position: int = 0) -> dict[str, Any]:
        return source_views(self.context, self.inputs[position])

    def destination(self) -> dict[str, Any]:
        return output_views(self.context, self.planned)

    def window(self, window: Window) -> dict[str, Any]:
        return window_views(window, self.inputs[0], self.output)

    def inside(self, row: str, *, above: bool, below: bool) -> str:
        return inside_image(row, self.inputs[0].height, above, below)

    def epilogue(self) -> dict[str, Any]:
        stage = self.planned.stage
        epilogue = self.planned.epilogues[stage.first.name]
        prefix, layer = f"stage_{stage.index}", describe(stage.first)
        return epilogue_view(self.context, prefix, epilogue, epilogue.bias, layer, self.output)

    def single_requantization(self) -> dict[str, Any]:
        epilogue = self.planned.epilogues[self.planned.stage.first.name]
        return single_requantization_view(self.context, epilogue, self.output)

    def table(self, suffix: str, values: np.ndarray, meaning: str, *, weights: bool = False) -> str:
        stage = self.planned.stage
        name, comment = f"stage_{stage.index}_{suffix}", f"{describe(stage.first)}: {meaning}"
        return self.context.add_constant(name, values, comment, "weights" if weights else "other")

    def use(self, *functions: str) -> None:
        self.context.functions.update(functions)
