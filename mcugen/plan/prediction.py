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

_COSTS = Path(__file__).with_name("costs.json")


@dataclass(frozen=True)
class Prediction:
    """instructions, cycles: of one inference. stages: (instructions, cycles) of each stage. Cycles are those of the
    core's timing model, None for a core without one."""

    instructions: int
    cycles: int | None
    stages: tuple[tuple[int, int | None], ...]


def predict(plan: Plan) -> Prediction | None:
    """The prediction, or None where the target, or a kind of function that the plan uses, was not measured."""
    costs = _costs().get(plan.target.name)
    if costs is None:
        return None
    measured = bool(costs["cycles"])
    stages = [_sum(costs["functions"], stage_parts(plan, planned)) for planned in plan.stages]
    outside = _sum(costs["functions"], [outside_part(plan)])
    if outside is None or any(stage is None for stage in stages):
        return None
    known = [stage for stage in stages if stage is not None]
    instructions = outside[0] + sum(stage[0] for stage in known)
    cycles = outside[1] + sum(stage[1] for stage in known)
    return Prediction(
        round(instructions),
        round(cycles) if measured else None,
        tuple((round(i), round(c) if measured else None) for i, c in known),
    )


def _sum(
    functions: Mapping[str, Mapping[str, tuple[float, float]]], parts: Iterable[Part]
) -> tuple[float, float] | None:
    instructions, cycles = 0.0, 0.0
    for part in parts:
        constants = functions.get(part.kind)
        if constants is None or any(turn not in constants for turn in part.turns):
            return None
        instructions += sum(constants[turn][0] * count for turn, count in part.turns.items())
        cycles += sum(constants[turn][1] * count for turn, count in part.turns.items())
    return instructions, cycles


@cache
def _costs() -> Mapping[str, Any]:
    return json.loads(_COSTS.read_text()) if _COSTS.exists() else {}
