"""Views of the groups: the functions that run stages row by row in the order that the schedule proved."""

from __future__ import annotations

from typing import Any

from mcugen.codegen.environment import linear
from mcugen.plan.plan import Plan
from mcugen.plan.stage import Stage


def streamed_tensors(plan: Plan) -> list[str]:
    """Tensors whose rows are counted between calls: the image and what the first group writes."""
    first, last = plan.schedule.groups[0]
    return [plan.graph.input, *(plan.stages[i].stage.output.name for i in range(first, last + 1))]


def group_views(plan: Plan, name: str) -> list[dict[str, Any]]:
    """One view a group; stages deepest first, each with the condition under which it can run. name: of the library."""
    views = []
    for index, (first, last) in enumerate(plan.schedule.groups):
        stages = [plan.stages[i].stage for i in range(first, last + 1)]
        counted = streamed_tensors(plan) if index == 0 else [stage.output.name for stage in stages]
        steps = [
            _step(stage, counted, name, plan.rows_of(stage.index)) | _handed(plan, stage) for stage in reversed(stages)
        ]
        views.append(
            {
                "index": index,
                "first": first,
                "last": last,
                "streamed": index == 0,
                "steps": steps,
                "cleared": plan.cleared_columns(index),
            }
        )
    return views


def _step(stage: Stage, counted: list[str], name: str, rows: int) -> dict[str, Any]:
    counter = counted.index(stage.output.name)
    conditions = [
        " && " + _exists(stage, position, f"rows[{counter}]", f"rows[{counted.index(tensor.name)}]", name, rows)
        for position, tensor in enumerate(stage.inputs)
        if tensor.name in counted
    ]
    # A sum of a tensor with itself reads it twice.
    return {
        "index": stage.index,
        "counter": counter,
        "height": stage.output.height,
        "rows": rows,
        "condition": "".join(dict.fromkeys(conditions)),
    }


def _handed(plan: Plan, stage: Stage) -> dict[str, Any]:
    """The output that the rows of the stage are, and the row_N function of its buffer; None where they are none."""
    name, outputs = stage.output.name, plan.graph.by_rows
    return (
        {"output": outputs.index(name), "buffer": list(plan.buffers).index(name)}
        if name in outputs
        else {"output": None}
    )


def _exists(stage: Stage, position: int, row: str, available: str, name: str, rows: int) -> str:
    """C condition: the last row of the input at this position that the stage's next `rows` output rows read exists."""
    height, last_row = stage.inputs[position].height, stage.output.height - 1
    if stage.rows_read(0)[position][1] == height - 1:
        return f"{available} == {height}"
    if stage.first.rows_below(stage.inputs)[position] is None:
        suffix, entries, entry = stage.first.last_rows
        return f"{available} > {name}_stage_{stage.index}_{suffix}[{linear((row, entries), constant=entry)}]"
    offset = stage.window_rows(0)[position][1]
    slope = stage.window_rows(1)[position][1] - offset if last_row else 0
    # From the first of the rows to the last.
    offset, last_row = offset + slope * (rows - 1), last_row - (rows - 1)
    if slope * last_row + offset <= 0:
        return f"{available} > 0"
    condition = f"{available} > {linear((row, slope), constant=offset)}"
    if slope * last_row + offset >= height:
        condition = f"({condition} || {available} == {height})"
    # Windows that begin above the image wait for its first row, as the schedule does.
    return f"{available} > 0 && {condition}" if offset < 0 else condition
