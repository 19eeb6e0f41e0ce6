"""What an operator that is a stage of its own is told of it: for the turns of its loops and for its template alike."""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.ir import Form, Tensor
from mcugen.plan.buffer import Layout
from mcugen.plan.plan import Plan, StagePlan


@dataclass(frozen=True, eq=False)
class PlannedStage:
    """A stage of a plan, as `ir.stage.StageReader` has it."""

    plan: Plan
    planned: StagePlan

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return self.planned.stage.inputs

    @property
    def output(self) -> Tensor:
        return self.planned.stage.output

    @property
    def form(self) -> Form | None:
        return self.planned.form

    @property
    def planes(self) -> tuple[bool, ...]:
        buffers = self.plan.buffers
        return tuple(buffers[tensor.name].layout is Layout.PLANAR for tensor in (*self.inputs, self.output))

    @property
    def one_layout(self) -> bool:
        return len(set(self.planes)) == 1

    @property
    def planar(self) -> bool:
        return self.planes[0]
