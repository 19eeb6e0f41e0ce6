"""What an inference reads, in order: functions, tables and rows, each as a whole, as the schedule's steps touch them.

That is coarser than the emulator's trace of fetches and loads by three orders of magnitude, and enough to say how much
else was read since the last time, which decides whether a cache still has it (`reuse.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mcugen.codegen.constants import Constant
from mcugen.codegen.function_sizes import StageCode, stage_code
from mcugen.codegen.library import Library
from mcugen.plan.features import stage_parts
from mcugen.plan.part import Part
from mcugen.plan.plan import StagePlan
from mcugen.plan.role import Role

Cause = Literal["code", "weights", "tables", "rows", "stored"]
OUTSIDE = -1
"""The stage of what is in none."""
_EXECUTED = 0.75
"""Of the bytes of a function, those that a call runs: most have code for rows and pixels of other kinds beside. Chosen
with the emulator's trace (docs/time.md)."""
_DRIVER_BYTES = 256
"""Of what is outside stages, what chooses the stage that runs next."""
_WORD = 4


@dataclass(frozen=True)
class Touch:
    """Something is read from begin to end. name: of it. bytes: that are read. cause: "stored" is a row that is written,
    for which nothing waits.

    Of a table of weights: again, how often each chunk of chunk_bytes is read once more before the next one is;
    code_bytes, column_bytes: of the kernel and the block of columns that are read in between. loads: instructions that
    read the table once.
    """

    name: str
    bytes: float
    stage: int
    cause: Cause
    again: float = 0.0
    chunk_bytes: float = 0.0
    code_bytes: float = 0.0
    column_bytes: int = 0
    loads: float = 0.0


def touches(library: Library) -> list[Touch]:
    """Of one inference, in order."""
    plan, code = library.plan, stage_code(library)
    stages = [_Stage(library, planned, code) for planned in plan.stages]
    driver = Touch("outside stages", min(code.outside, _DRIVER_BYTES), OUTSIDE, "code")
    found: list[Touch] = []
    for step in plan.schedule.steps:
        found.append(driver)
        if step.stage >= 0:
            found += stages[step.stage].step(step.row)
    return found


class _Stage:
    """What is the same at all steps of a stage. columns: what makes its block of columns, a depthwise convolution or
    what copies windows. matrix: what multiplies them, or the whole of another operator."""

    def __init__(self, library: Library, planned: StagePlan, code: StageCode) -> None:
        self.plan, self.planned = library.plan, planned
        stage = planned.stage
        self.index, self.rows = stage.index, stage.output.height
        names = code.called.get(self.index, ())
        functions = [Touch(name, _EXECUTED * code.sizes[name], self.index, "code") for name in names]
        self.own = functions[:1]
        self.columns = [each for each in functions[1:] if Role.of(each.name) is not Role.MATRIX]
        self.matrix = functions[1 + len(self.columns) :]
        prefix = f"stage_{self.index}_"
        constants = [each for each in library.constants if each.name.startswith(prefix)]
        self.tables = [_table(each, self.index) for each in constants if not each.weight_bytes]
        of_depthwise = [
            each
            for each in constants
            if stage.matrix is None or Role.of(each.name.removeprefix(prefix)) is Role.DEPTHWISE
        ]
        parts = list(stage_parts(self.plan, planned))
        kernels = self.matrix or self.own
        self.depthwise_weights = _Weights(of_depthwise, [part for part in parts if part.role is Role.DEPTHWISE])
        self.matrix_weights = _Weights(
            [each for each in constants if each not in of_depthwise],
            [part for part in parts if part.role is not Role.DEPTHWISE],
            sum(each.bytes for each in kernels),
            planned.columns_bytes,
        )
        band = None if planned.kernel is None else planned.kernel.band
        if band is not None and band.channels is not None and stage.matrix is not None:
            # A part of the weights at a time is read for all rows of the band.
            self.matrix_weights.walks = -(-self.rows // band.rows)
            self.matrix_weights.chunks = -(-len(stage.matrix.weights) // band.channels)

    def step(self, row: int) -> Iterator[Touch]:
        """What a row of outputs reads."""
        yield from self.own
        yield from self.tables
        yield from self._rows_read(row)
        yield from self.columns
        yield from self.depthwise_weights.walks_at(row, self.rows, self.index)
        yield from self.matrix
        yield from self.matrix_weights.walks_at(row, self.rows, self.index)
        if self.planned.columns_bytes:
            yield Touch(f"columns {self.planned.columns_offset}", self.planned.columns_bytes, self.index, "rows")
        yield self._row(self.planned.stage.output.name, row, "stored")

    def _rows_read(self, row: int) -> Iterator[Touch]:
        stage = self.planned.stage
        for tensor, (first, last) in zip(stage.inputs, stage.rows_read(row), strict=True):
            for y in range(first, last + 1):
                yield self._row(tensor.name, y, "rows")

    def _row(self, tensor: str, row: int, cause: Cause) -> Touch:
        buffer = self.plan.buffers[tensor]
        slot = buffer.places[row] if buffer.places is not None else row % buffer.slots
        return Touch(f"arena {buffer.offset + slot * buffer.row_bytes}", buffer.row_bytes, self.index, cause)


class _Weights:
    """The tables with weights of a stage's functions."""

    def __init__(
        self, constants: list[Constant], parts: list[Part], code_bytes: float = 0.0, column_bytes: int = 0
    ) -> None:
        self.constants = [each for each in constants if each.weight_bytes]
        self.reads = sum(part.weight_reads for part in parts)
        self.walks = sum(part.weight_walks or part.weight_reads for part in parts)
        self.chunks = max((part.weight_chunks for part in parts), default=1)
        self.load_bytes = max((part.weight_load_bytes for part in parts), default=1)
        self.code_bytes, self.column_bytes = code_bytes, column_bytes

    def walks_at(self, row: int, rows: int, stage: int) -> Iterator[Touch]:
        """Walks over the tables for a row of outputs; where one is for several rows, not each of these has one."""
        for _ in range(int(self.walks * (row + 1) / rows) - int(self.walks * row / rows)):
            for each in self.constants:
                # Weights stand beside constants of their channel, which are words.
                loads = each.weight_bytes / self.load_bytes + (each.bytes - each.weight_bytes) / _WORD
                yield Touch(
                    each.name,
                    each.bytes,
                    stage,
                    "weights",
                    again=self.reads / self.walks - 1,
                    chunk_bytes=each.bytes / self.chunks,
                    code_bytes=self.code_bytes,
                    column_bytes=self.column_bytes,
                    loads=loads,
                )


def _table(constant: Constant, stage: int) -> Touch:
    return Touch(constant.name, constant.bytes, stage, "tables", loads=constant.count)
