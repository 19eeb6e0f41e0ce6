"""What an operator that is a stage of its own is told of it: for the turns of its loops and for its template alike."""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.ir import Form, Tensor
from mcugen.plan.buffer import Buffer, Layout
from mcugen.plan.part import found_rows
from mcugen.plan.plan import Plan, StagePlan

_REACH = 4095
"""Bytes that a load of a byte adds to an address on Cortex-M from M3 on."""


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

    def apart(self, position: int) -> bool:
        first, several = self.planned.stage.first, self.output.height > 1
        source, output = self.plan.buffers[self.inputs[position].name], self.plan.buffers[self.output.name]
        below = first.rows_below(self.inputs)[position] if several else 0
        if below is None or source.places is not None or output.places is not None:
            return False
        moved = [_moved(source, below), _moved(output, several)]
        # What is left of a row's number after division is one value only for one number.
        alike = below == 1 and first.rows_read(0, self.inputs)[position][0] == 0
        return moved[0] == moved[1] and (alike or not moved[0][1])

    def place(self, position: int, y: int) -> int:
        tensors = (*self.inputs, self.output)
        return self.plan.buffers[tensors[position].name].place(y)

    def plain_rows(self, position: int) -> bool:
        buffer = self.plan.buffers[self.inputs[position].name]
        return not buffer.is_ring or buffer.slots == 1 or buffer.offset == 0

    @property
    def pooled(self) -> bool:
        return any(self.plan.buffers[t.name].places is not None for t in (*self.inputs, self.output))

    @property
    def only_row(self) -> bool:
        output = self.plan.buffers[self.output.name]
        return output.places is None and output.slots == 1

    def at_begin(self, position: int) -> bool:
        return self.plan.buffers[self.inputs[position].name].offset == 0

    def within_reach(self, position: int) -> bool:
        return 0 < self.plan.buffers[self.inputs[position].name].offset <= _REACH

    def kept_in(self, position: int) -> str:
        buffer = self.plan.buffers[self.inputs[position].name]
        if buffer.places is not None:
            return "pool"
        return "ring" if found_rows(buffer, 1) else "map"

    def row_bytes(self, position: int) -> int:
        return self.plan.buffers[self.inputs[position].name].row_bytes


def _moved(buffer: Buffer, rows: int) -> tuple[int, int]:
    """How far a row lies behind the one `rows` before it, in bytes, and the ring's slots; 0 for those of a map."""
    if buffer.slots == 1:
        return 0, 0
    return buffer.row_bytes * rows, buffer.slots * buffer.is_ring
