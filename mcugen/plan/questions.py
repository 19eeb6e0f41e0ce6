"""How often the generated code asks whether a stage can run, and how many comparisons answer it: what the functions of
groups do (`codegen/groups.py`), on row numbers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from mcugen.plan.plan import Plan
from mcugen.plan.stage import Stage

_ANY = 1 << 16


@dataclass(frozen=True)
class _Condition:
    """What has to hold of the counted rows of an input, `name`, before a stage can make its next rows, of which the
    first is `row`: all, if `whole`; else more than slope * row + offset, or all if `ends`, where 0 is not enough if
    `begins`. most: of slope * row + offset. height: the input's. table: rows to be read, instead of slope and offset.
    """

    name: str
    height: int
    slope: int = 0
    offset: int = 0
    most: int = 0
    begins: bool = False
    ends: bool = False
    whole: bool = False
    table: Callable[[int], int] | None = None


def turns_of_questions(plan: Plan) -> dict[str, float]:
    """Turns of the loops over the stages of groups: of questions, from the deepest stage on, after each row; of what
    is compared where compilers do not know it already, of what is read and computed for that; of stages that run."""
    turns: Counter[str] = Counter()
    image = plan.graph.input_tensor
    for number, (first, last) in enumerate(plan.schedule.groups):
        if number and first == last:
            turns["stage in order"] += -(-plan.stages[first].stage.output.height // plan.rows_of(first))
            continue
        group = _Group(plan, first, last, turns)
        if number:
            turns["group"] += 1
            group.run()
            continue
        for _ in range(1 if plan.resident else image.height):
            group.rows[image.name] = group.rows.get(image.name, 0) + (image.height if plan.resident else 1)
            group.run()
    return dict(turns)


class _Group:
    """Stages first to last. rows: how many exist, by tensor whose rows are counted. turns: to be added to."""

    def __init__(self, plan: Plan, first: int, last: int, turns: Counter[str]) -> None:
        self.turns = turns
        self.kept = "" if first == 0 else " of a later group"
        self.rows = {plan.stages[index].stage.output.name: 0 for index in range(first, last + 1)}
        counted = {*self.rows, plan.graph.input} if first == 0 else {*self.rows}
        self.stages = []
        for index in range(last, first - 1, -1):
            stage, band = plan.stages[index].stage, plan.rows_of(index)
            # A sum of a tensor with itself reads it twice.
            conditions = {
                tensor.name: _condition(stage, position, band)
                for position, tensor in enumerate(stage.inputs)
                if tensor.name in counted
            }
            self.stages.append((stage.output, band, tuple(conditions.values())))

    def run(self) -> None:
        """As far as rows allow."""
        while self._runs_one():
            self.turns[f"stage{self.kept}"] += 1

    def _runs_one(self) -> bool:
        # What compilers know of counters since the last call: those that were read, and what they are at most.
        known: dict[str, int] = {}
        for output, band, conditions in self.stages:
            row = self.rows[output.name]
            self._read(known, output.name)
            if known[output.name] >= output.height:
                self.turns["comparison"] += 1
                if row >= output.height:
                    continue
            if all(self._holds(condition, row, known) for condition in conditions):
                self.rows[output.name] = row + band
                return True
        return False

    def _holds(self, condition: _Condition, row: int, known: dict[str, int]) -> bool:
        name, there = condition.name, self.rows[condition.name]
        self._read(known, name)
        self.turns["comparison"] += 1
        if condition.whole:
            return there == condition.height
        if condition.table is not None:
            self.turns["comparison with a table"] += 1
            return there > condition.table(row)
        if condition.begins:
            if there == 0:
                known[name] = 0
                return False
            self.turns["comparison"] += 1
        if condition.slope and condition.offset:
            self.turns["sum"] += 1
        if condition.slope > 1:
            # 2 * row + 2 is one row more, doubled, which a comparison of some cores does by itself.
            self.turns["product of a sum" if condition.slope == condition.offset else "product"] += 1
        if there > condition.slope * row + condition.offset:
            return True
        known[name] = min(known[name], condition.most)
        if condition.ends:
            self.turns["comparison"] += 1
            if there == condition.height:
                return True
            if known[name] == condition.height:
                known[name] -= 1
        return False

    def _read(self, known: dict[str, int], name: str) -> None:
        if name not in known:
            self.turns[f"counter{self.kept}"] += 1
            known[name] = _ANY


def _condition(stage: Stage, position: int, band: int) -> _Condition:
    """Of an input."""
    tensor, last_row = stage.inputs[position], stage.output.height - 1
    name, height = tensor.name, tensor.height
    if stage.rows_read(0)[position][1] == height - 1:
        return _Condition(name, height, whole=True)
    if stage.first.rows_below(stage.inputs)[position] is None:
        return _Condition(name, height, table=lambda row: stage.rows_read(row)[position][1])
    offset = stage.window_rows(0)[position][1]
    slope = stage.window_rows(1)[position][1] - offset if last_row else 0
    offset, last_row = offset + slope * (band - 1), last_row - (band - 1)
    most = slope * last_row + offset
    if most <= 0:
        return _Condition(name, height)
    return _Condition(name, height, slope, offset, most, offset < 0, most >= height)
