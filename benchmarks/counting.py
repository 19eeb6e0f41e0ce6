"""What the emulator counts of a compiled network, by function, beside the loops that its plan tells of."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from mcugen.codegen.library import make_library
from mcugen.compiler import Compiled
from mcugen.inputs import random_images
from mcugen.ir.library_calls import CALLED, COPY
from mcugen.plan.features import outside_parts, stage_parts
from mcugen.plan.part import Part
from mcugen.simulate.on_emulator import UNSHARED, EmulatedLibrary, StageCost
from mcugen.targets import Target

_FUNCTION = re.compile(r"(stage|matrix|depthwise|im2col|windows)_(\d+)(_rest)?")

_LIBRARY = "__"
_COPYING = "__memcpy_aux"
"""Where its function of that name begins on one core."""


@dataclass(frozen=True)
class Row:
    """A function: what it is linear in, and what was counted of one inference. cycles: 0 without a model. by_times: of
    a function of a stage, instructions and cycles of its code by how often that was executed."""

    part: Part
    instructions: int
    cycles: int
    by_times: Mapping[int, tuple[int, int]] = field(default_factory=dict)


def count(compiled: Compiled, target: Target, folder: Path | None = None) -> list[Row]:
    """Every function of a network. folder: where counts are kept by the text of the code, and taken from."""
    plan = compiled.plan
    parts = {f"{part.function}_{s.stage.index}": part for s in plan.stages for part in stage_parts(plan, s)}
    parts |= {part.function: part for part in outside_parts(plan)}
    counted: dict[str, list[StageCost]] = defaultdict(list)
    for function, cost in _functions(compiled, target, folder).items():
        counted[_part_of(function)].append(cost)
    return [_row(parts[name], costs) for name, costs in counted.items()]


def _row(part: Part, costs: Sequence[StageCost]) -> Row:
    by_times: dict[int, tuple[int, int]] = {}
    for cost in costs:
        for times, (instructions, cycles) in cost.by_times.items():
            before = by_times.get(times, (0, 0))
            by_times[times] = before[0] + instructions, before[1] + cycles
    return Row(part, sum(cost.instructions for cost in costs), sum(cost.cycles or 0 for cost in costs), by_times)


def _part_of(function: str) -> str:
    match = _FUNCTION.match(function)
    if match:
        return f"{match[1]}{match[3] or ''}_{match[2]}"
    if function in CALLED or function == _COPYING:
        return COPY if function == _COPYING else function
    return "library" if function.startswith(_LIBRARY) else ""


def _functions(compiled: Compiled, target: Target, folder: Path | None) -> dict[str, StageCost]:
    # Kernels that stages share would be counted for one of them only.
    library = make_library(compiled.plan, "net", share_kernels=False)
    content = (target.machine, target.compiler_flags, target.optimization, sorted(library.files.items()))
    kept = folder and folder / f"{hashlib.sha256(repr(content).encode()).hexdigest()[:24]}.json"
    if kept and kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=dict[str, StageCost])
    image = random_images(compiled.imported.input_tensor, 1, 0)[0]
    with EmulatedLibrary(library, target, UNSHARED) as emulated:
        found = emulated.functions(image)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(msgspec.json.encode(found))
    return found
