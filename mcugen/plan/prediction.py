"""Executed instructions and modelled cycles of an inference, predicted from the plan without compiling anything.

The constants (`constants.py`) are what the emulator counts of synthetic layers: for each core and kind of function,
instructions and cycles of a call and of a turn of each of its loops. Functions that were not measured are estimated by
those that were (`unmeasured.py`), and the prediction says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mcugen.plan.camera_work import camera_parts
from mcugen.plan.constants import CAMERA_FOLDER, Constants, table_of
from mcugen.plan.features import outside_parts, stage_parts
from mcugen.plan.part import Part
from mcugen.plan.plan import Plan
from mcugen.plan.role import Role
from mcugen.plan.stage import Stage
from mcugen.plan.unmeasured import estimate


@dataclass(frozen=True)
class Unknown:
    """A function of a stage whose cost was not measured, but estimated. stage: its index. kind: of the function, or
    KIND: LOOP where only a loop of it was not measured. estimated_by: the kind that stands for it."""

    stage: int
    kind: str
    estimated_by: str


@dataclass(frozen=True)
class Prediction:
    """instructions, cycles: of one inference, with a camera from the rows of its frame on. stages: (instructions,
    cycles) of each stage. layers: the same by name of the operator: of a depthwise and a pointwise convolution in one
    stage, what makes columns is the depthwise one's and all else the pointwise one's. Cycles are those of the core's
    timing model, None for a core without one.

    camera: the same of what a camera's frame takes until rows of the image are there, (0, 0) without one.

    unknown: what in these figures is an estimate (`unmeasured`), high rather than low; empty where all is measured."""

    instructions: int
    cycles: int | None
    stages: tuple[tuple[int, int | None], ...]
    layers: Mapping[str, tuple[int, int | None]]
    unknown: tuple[Unknown, ...] = ()
    camera: tuple[int, int | None] = (0, 0)

    @property
    def unknown_kinds(self) -> tuple[str, ...]:
        """Each kind of function, or loop, that was not measured once, in the order of stages."""
        return tuple(dict.fromkeys(each.kind for each in self.unknown))


def predict(plan: Plan) -> Prediction | None:
    """The prediction, or None for a target that was not measured at all. What the target's table does not know is
    estimated, and named."""
    table, of_camera = table_of(plan.target.costs), table_of(plan.target.costs, CAMERA_FOLDER)
    if table is None or (of_camera is None and plan.graph.camera is not None):
        return None
    functions, measured = table.complete, table.cycles
    outside = _sum(functions, outside_parts(plan))
    camera = _sum({} if of_camera is None else of_camera.complete, camera_parts(plan))

    def rounded(cost: tuple[float, float]) -> tuple[int, int | None]:
        return round(cost[0]), round(cost[1]) if measured else None

    instructions, cycles = outside[0] + camera[0], outside[1] + camera[1]
    stages, layers = [], {}
    unknown: list[Unknown] = []
    for planned in plan.stages:
        parts = list(stage_parts(plan, planned))
        whole = _sum(functions, parts)
        stages.append(rounded(whole))
        instructions, cycles = instructions + whole[0], cycles + whole[1]
        for part in parts:
            unknown += [
                Unknown(planned.stage.index, kind, estimate(functions, part).by)
                for kind in unmeasured_loops(functions, part)
            ]
        for name, own in parts_by_layer(planned.stage, parts).items():
            layers[name] = rounded(_sum(functions, own))
    total = rounded((instructions, cycles))
    return Prediction(total[0], total[1], tuple(stages), layers, tuple(unknown), rounded(camera))


def parts_by_layer(stage: Stage, parts: Iterable[Part]) -> dict[str, list[Part]]:
    """The functions of a stage by the name of the operator that they compute."""
    layers: dict[str, list[Part]] = {op.name: [] for op in stage.operators}
    for part in parts:
        layers[computed_by(stage, part.function)].append(part)
    return layers


def computed_by(stage: Stage, function: str) -> str:
    """The name of the operator that a function of the stage computes. function: without the stage's number."""
    return stage.first.name if Role.of(function) is Role.DEPTHWISE else stage.last.name


def unmeasured_loops(functions: Mapping[str, Constants], part: Part) -> list[str]:
    """What the table of a core does not know of the part: its kind, or KIND: LOOP for each loop."""
    constants = _constants(functions, part)
    if constants is None:
        return [part.kind]
    return [f"{part.kind}: {turn}" for turn, count in part.turns.items() if count and turn not in constants]


def cost_of(functions: Mapping[str, Constants], part: Part) -> tuple[float, float]:
    """Instructions and cycles of a part, estimated where the table of the core does not know all of it."""
    if unmeasured_loops(functions, part):
        estimated = estimate(functions, part)
        return estimated.instructions, estimated.cycles
    constants = _constants(functions, part)
    assert constants is not None
    instructions, cycles = (
        sum(constants[turn][i] * count for turn, count in part.turns.items() if count) for i in (0, 1)
    )
    return instructions, cycles


def _sum(functions: Mapping[str, Constants], parts: Iterable[Part]) -> tuple[float, float]:
    costs = [cost_of(functions, part) for part in parts]
    return sum(instructions for instructions, _ in costs), sum(cycles for _, cycles in costs)


def _constants(functions: Mapping[str, Constants], part: Part) -> Constants | None:
    return next((functions[kind] for kind in (part.kind, *part.like) if functions.get(kind)), None)
