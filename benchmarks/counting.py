"""What the emulator counts of a compiled network, by function, beside the loops that its plan tells of."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from mcugen.codegen.library import make_library
from mcugen.compiler import Compiled
from mcugen.inputs import random_images
from mcugen.plan.features import outside_parts, stage_parts
from mcugen.plan.part import Part
from mcugen.simulate.on_emulator import UNSHARED, EmulatedLibrary
from mcugen.targets import Target

_FUNCTION = re.compile(r"(stage|matrix|depthwise|im2col)_(\d+)(_rest)?")

_LIBRARY = ("mem", "__")


@dataclass(frozen=True)
class Row:
    """A function: what it is linear in, and what was counted of one inference. cycles: 0 without a model."""

    part: Part
    instructions: int
    cycles: int


def count(compiled: Compiled, target: Target, folder: Path | None = None) -> list[Row]:
    """Every function of a network. folder: where counts are kept by the text of the code, and taken from."""
    plan = compiled.plan
    parts = {f"{part.function}_{s.stage.index}": part for s in plan.stages for part in stage_parts(plan, s)}
    parts |= {part.function: part for part in outside_parts(plan)}
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for function, (instructions, cycles) in _functions(compiled, target, folder).items():
        of_function = counted[_part_of(function)]
        of_function[0] += instructions
        of_function[1] += cycles or 0
    return [Row(parts[name], *counts) for name, counts in counted.items()]


def _part_of(function: str) -> str:
    match = _FUNCTION.match(function)
    if match:
        return f"{match[1]}{match[3] or ''}_{match[2]}"
    return "library" if function.startswith(_LIBRARY) else ""


def _functions(compiled: Compiled, target: Target, folder: Path | None) -> dict[str, tuple[int, int | None]]:
    # Kernels that stages share would be counted for one of them only.
    library = make_library(compiled.plan, "net", share_kernels=False)
    content = (target.machine, target.compiler_flags, target.optimization, sorted(library.files.items()))
    kept = folder and folder / f"{hashlib.sha256(repr(content).encode()).hexdigest()[:24]}.json"
    if kept and kept.exists():
        return {name: (counts[0], counts[1]) for name, counts in json.loads(kept.read_text()).items()}
    image = random_images(compiled.imported.input_tensor, 1, 0)[0]
    with EmulatedLibrary(library, target, UNSHARED) as emulated:
        found = {name: (cost.instructions, cost.cycles) for name, cost in emulated.functions(image).items()}
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(found))
    return found
