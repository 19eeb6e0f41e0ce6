"""Executed instructions and modelled cycles of an inference, predicted from the plan without compiling anything.

The constants in `costs.json` are fitted to what the emulator counts (benchmarks/fit_costs.py makes them anew): for each
target and kind of function, instructions and cycles of a call and of a turn of each of its loops.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mcugen.plan.features import Part, outside_part, stage_parts
from mcugen.plan.plan import Plan
from mcugen.plan.stage import Stage

_COSTS = Path(__file__).with_name("costs.json")


@dataclass(frozen=True)
class Prediction:
    """instructions, cycles: of one inference. stages: (instructions, cycles) of each stage. layers: the same by name of
    the operator: of a depthwise and a pointwise convolution in one stage, what makes columns is the depthwise one's and
    all else the pointwise one's. Cycles are those of the core's timing model, None for a core without one."""

    instructions: int
    cycles: int | None
    stages: tuple[tuple[int, int | None], ...]
    layers: Mapping[str, tuple[int, int | None]]


def predict(plan: Plan) -> Prediction | None:
    """The prediction, or None where the target, or a kind of function that the plan uses, was not measured."""
    costs = _costs().get(plan.target.costs)
    if costs is None:
        return None
    measured = bool(costs["cycles"])
    functions = costs["functions"]
    outside = _sum(functions, [outside_part(plan)])
    if outside is None:
        return None

    def rounded(cost: tuple[float, float]) -> tuple[int, int | None]:
        return round(cost[0]), round(cost[1]) if measured else None

    instructions, cycles = outside
    stages, layers = [], {}
    for planned in plan.stages:
        parts = list(stage_parts(plan, planned))
        whole = _sum(functions, parts)
        if whole is None:
            return None
        stages.append(rounded(whole))
        instructions, cycles = instructions + whole[0], cycles + whole[1]
        for name, own in parts_by_layer(planned.stage, parts).items():
            cost = _sum(functions, own)
            assert cost is not None
            layers[name] = rounded(cost)
    total = rounded((instructions, cycles))
    return Prediction(total[0], total[1], tuple(stages), layers)


def parts_by_layer(stage: Stage, parts: Iterable[Part]) -> dict[str, list[Part]]:
    """The functions of a stage by the name of the operator that they compute."""
    layers: dict[str, list[Part]] = {op.name: [] for op in stage.operators}
    for part in parts:
        layers[computed_by(stage, part.function)].append(part)
    return layers


def computed_by(stage: Stage, function: str) -> str:
    """The name of the operator that a function of the stage computes. function: without the stage's number."""
    return stage.first.name if function == "depthwise" else stage.last.name


def _sum(
    functions: Mapping[str, Mapping[str, tuple[float, float]]], parts: Iterable[Part]
) -> tuple[float, float] | None:
    instructions, cycles = 0.0, 0.0
    for part in parts:
        constants = next((functions[kind] for kind in (part.kind, *part.like) if functions.get(kind)), None)
        if constants is None or any(turn not in constants for turn in part.turns):
            return None
        instructions += sum(constants[turn][0] * count for turn, count in part.turns.items())
        cycles += sum(constants[turn][1] * count for turn, count in part.turns.items())
    return instructions, cycles


@cache
def _costs() -> Mapping[str, Any]:
    return json.loads(_COSTS.read_text()) if _COSTS.exists() else {}
