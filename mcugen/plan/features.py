"""Counts of loop turns in each function of the generated code: what its executed instructions are linear in.

A function's instructions are a constant for each call, for each turn of its outer loops and for each turn of its inner
loop. The turns are known from the plan; the constants are measured once for a core (`constants.py`). The turns of
convolutions are told by their kernel families (`mcugen.kernels`), those of other stages by their operator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from mcugen.ir.broadcast import CLAMPS
from mcugen.ir.library_calls import CALLED, CLEAR, COPY, called
from mcugen.kernels.late import worker
from mcugen.plan.buffer import Layout
from mcugen.plan.part import (
    OUTPUT,
    RING,
    RING_2,
    SIGNED,
    Part,
    called_for_rows,
    divided_rows,
    found_rows,
    requantized,
    total,
)
from mcugen.plan.plan import Plan, StagePlan
from mcugen.plan.planned_stage import PlannedStage
from mcugen.plan.questions import turns_of_questions

_SHORT_ROW, _BLOCK, _WORD, _COUNTER = 64, 16, 4, 2
"""Bytes."""
_LIBRARY = (RING, RING_2, OUTPUT)
"""Loops in which cores without the instruction call a function that divides or multiplies."""


def stage_parts(plan: Plan, planned: StagePlan) -> Iterator[Part]:
    """The functions that a stage runs."""
    if planned.kernel is not None:
        return worker(planned.kernel.family).parts(plan, planned)
    return iter([_stage_function(plan, planned)])


def outside_parts(plan: Plan) -> tuple[Part, ...]:
    """What runs outside stages: copying the image's rows and choosing which stage runs next; functions of the
    compiler's library that copy and clear; and those that stand for instructions that a core does not have."""
    image, output = plan.graph.input_tensor, plan.graph.output_tensor
    given = plan.graph.camera is None  # else rows of the image are stored where they are made
    planar = plan.buffers[image.name].layout is Layout.PLANAR and image.channels > 1
    # Cores that read words anywhere copy shorter rows in place.
    row = image.width * image.channels
    placed = given and not planar and row <= _SHORT_ROW
    control = {
        "call": 1.0,
        "image row": image.height * given,
        "image row of a plane": image.height * image.channels * (planar and given),
        "image value of a plane": image.size * (planar and given),
        "moved of image rows in place": image.height * placed * (row // _WORD + (row % _WORD + 1) // 2),
        "block of image rows in place": image.height * placed * (row // _BLOCK) * (row > 2 * _BLOCK),
    }
    control |= turns_of_questions(plan)
    control |= found_rows(plan.buffers[image.name], image.height * given)
    called_by_all: Counter[str] = Counter()
    for y in range(image.height * (given and not planar)):
        called_by_all.update(called(COPY, row, y * row, plan.buffers[image.name].place(y)))
    if not plan.graph.by_rows:
        called_by_all.update(called(COPY, output.size, plan.buffers[output.name].place(0), 0))
    first, last = plan.schedule.groups[0]
    # The image's rows are counted, and those of each stage of the first group.
    called_by_all.update(called(CLEAR, _COUNTER * (last - first + 2), 0, 0))
    for group in range(len(plan.schedule.groups)):
        if clearing := plan.cleared_columns(group):
            called_by_all.update(called(CLEAR, clearing[1], 0, clearing[0]))
    parts = [part for planned in plan.stages for part in stage_parts(plan, planned)]
    turns_in_library: list[Mapping[str, float]] = [called_for_rows(plan.buffers[image.name], image.height)]
    turns_in_library += [part.library for part in parts]
    for part in parts:
        turns_in_library.append({loop: turns for loop, turns in part.turns.items() if loop.startswith(_LIBRARY)})
    whole = total([called_by_all, *turns_in_library])
    memory = [_library_function(name, whole) for name in CALLED]
    others = {loop: count for loop, count in whole.items() if not loop.startswith(CALLED)}
    return Part("", "outside stages", control), *memory, Part("library", "library", others)


def _library_function(name: str, turns: Mapping[str, float]) -> Part:
    """A function of the library that copies or clears. turns: of all of it."""
    begin = f"{name} "
    return Part(
        name, name, {loop.removeprefix(begin): count for loop, count in turns.items() if loop.startswith(begin)}
    )


def _stage_function(plan: Plan, planned: StagePlan) -> Part:
    """The only function of a stage that is no convolution."""
    first, output = planned.stage.first, planned.stage.output
    stage = PlannedStage(plan, planned)
    kind = first.function(stage)
    turns: dict[str, float] = {"call": output.height, **first.loops(stage)}
    in_library: Mapping[str, float] = {
        f"{task} of {kind}": turns[loop] for loop in turns if (task := _task(loop)) in first.library_loops
    }
    if planned.epilogues:
        of_values = requantized(planned.epilogues[first.name], output.size)
        if turns.keys() & CLAMPS:
            # What bounds other than those of an unsigned byte cost is told already.
            of_values.pop(SIGNED, None)
        turns |= of_values
    found = [(plan.buffers[output.name], output.height)]
    for tensor, count in zip(planned.stage.inputs, first.rows_found(stage), strict=True):
        found.append((plan.buffers[tensor.name], count))
    in_library = total([in_library, first.calls(stage), *(divided_rows(*each) for each in found)])
    return Part("stage", kind, total([turns, *(found_rows(*each) for each in found)]), library=in_library)


def _task(loop: str) -> str:
    """What a turn of an operator's loop does, whatever the number of pixels or values that decides its code."""
    return loop.removeprefix("only ").split(" of ")[0]
