"""The row schedule: which stage produces which row when, and how many rows of each tensor live at once.

Stages are partitioned into groups of neighbours. Inside a group the deepest stage that can run runs first, so rows
are consumed as soon as they exist; a group begins when the one before it has produced all its rows. The first group
runs while the image's rows arrive. The generated code makes the same decisions at run time with the same rule.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from mcugen.ir import Tensor
from mcugen.plan.stage import Stage

FEED = -1


@dataclass(frozen=True)
class Step:
    """One row produced: by a stage, or by the caller who feeds the image (stage == FEED)."""

    stage: int
    row: int


@dataclass(frozen=True)
class Schedule:
    """groups: (first, last) stage of each. steps: in order. slots: rows that live at once, by tensor name."""

    groups: tuple[tuple[int, int], ...]
    steps: tuple[Step, ...]
    slots: dict[str, int]

    def group_of(self, stage: int) -> int:
        """The group that a stage is in."""
        return self._group_of[stage]

    @cached_property
    def _group_of(self) -> dict[int, int]:
        return {stage: i for i, (first, last) in enumerate(self.groups) for stage in range(first, last + 1)}


class Reads:
    """What stages read, the same for every partition of them. readers: by tensor name, the stages that read it. needs:
    by stage and output row, (first, last) row of each input."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.readers: dict[str, list[Stage]] = {}
        for stage in stages:
            for name in dict.fromkeys(tensor.name for tensor in stage.inputs):
                self.readers.setdefault(name, []).append(stage)
        self.needs = [[stage.rows_read(y) for y in range(stage.output.height)] for stage in stages]


def simulate(
    stages: Sequence[Stage],
    source: Tensor,
    output: str,
    groups: Sequence[tuple[int, int]],
    *,
    handed: Collection[str] = (),
    resident: bool = False,
    reads: Reads | None = None,
    bands: Sequence[int] | None = None,
) -> Schedule:
    """Runs the rule above on row numbers alone.

    source: the image that is fed row by row. resident: it is there as a whole before the first stage runs. output: the
    tensor whose rows all stay. handed: tensors whose rows the caller is handed, and which then go. reads: of these
    stages, where the caller tries several partitions. bands: rows that a stage computes together, 1 by default.
    """
    run = _Simulation(stages, source, output, handed, reads or Reads(stages), bands or [1] * len(stages))
    for row in range(source.height):
        run.step(FEED, row)
        if not resident:
            run.drain(*groups[0])
    for first, last in groups:
        run.drain(first, last)
    return Schedule(tuple(groups), tuple(run.steps), run.slots)


class _Simulation:
    def __init__(
        self,
        stages: Sequence[Stage],
        source: Tensor,
        output: str,
        handed: Collection[str],
        reads: Reads,
        bands: Sequence[int],
    ) -> None:
        self.stages = stages
        self.source = source
        self.output = output
        self.handed = handed
        self.rows = {source.name: 0} | {stage.output.name: 0 for stage in stages}
        self.readers = {name: reads.readers.get(name, []) for name in self.rows}
        self.needs = reads.needs
        self.bands = bands
        self.slots = dict.fromkeys(self.rows, 1)
        self.steps: list[Step] = []

    def drain(self, first: int, last: int) -> None:
        index = last
        while index >= first:
            if not self._ready(index):
                index -= 1
                continue
            name = self.stages[index].output.name
            for row in range(self.rows[name], self._band_end(index)):
                self.step(index, row)
            # The new row can only have made ready those who read it, or the stage itself once more.
            index = max([index, *(reader.index for reader in self.readers[name] if reader.index <= last)])

    def _ready(self, index: int) -> bool:
        stage = self.stages[index]
        row = self.rows[stage.output.name]
        if row == stage.output.height:
            return False
        needed = zip(stage.inputs, self.needs[index][self._band_end(index) - 1], strict=True)
        return all(self.rows[tensor.name] > last for tensor, (_, last) in needed)

    def _band_end(self, index: int) -> int:
        """The row behind the band that comes next."""
        output = self.stages[index].output
        return min(self.rows[output.name] + self.bands[index], output.height)

    def step(self, index: int, row: int) -> None:
        name = self.source.name if index == FEED else self.stages[index].output.name
        kept = name == self.output or not self.readers[name]
        if name in self.handed:
            oldest = row
        else:
            oldest = 0 if kept else min(self._oldest_needed(reader, name) for reader in self.readers[name])
        self.slots[name] = max(self.slots[name], row + 1 - min(oldest, row))
        self.rows[name] = row + 1
        self.steps.append(Step(index, row))

    def _oldest_needed(self, stage: Stage, name: str) -> int:
        row = self.rows[stage.output.name]
        positions = [i for i, tensor in enumerate(stage.inputs) if tensor.name == name]
        if row == stage.output.height:
            return stage.inputs[positions[0]].height
        return min(self.needs[stage.index][row][position][0] for position in positions)
