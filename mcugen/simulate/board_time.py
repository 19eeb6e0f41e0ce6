"""The time of one inference on a board: modelled cycles of its core, and the cycles that its memories make it wait."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from mcugen.simulate.emulator import Stalls, simulate_memories
from mcugen.simulate.emulator.memory_trace import INHERITED
from mcugen.simulate.on_emulator import EmulatedLibrary, input_bytes
from mcugen.targets.memory import MemorySystem

_STAGE = re.compile(r"stage_(\d+)")
_DRIVER = re.compile(r"main|mcu_\w+|run_group_\d+|feed|invoke")
_TIMEOUT_S = 600.0


def stalls_by_stage(
    program: EmulatedLibrary, image: np.ndarray, memories: Sequence[MemorySystem]
) -> list[dict[int, Stalls]]:
    """By memory system, what the stages of one inference wait for, by stage index; -1 is everything outside stages.

    image: int8 [H, W, C]. It is run twice, and the second time counts: caches hold then what an inference leaves in
    them. Raises what `simulate_memories` raises.
    """
    name = program.library.name
    weights = {f"{name}_{constant.name}" for constant in program.library.constants if constant.weight_bytes}

    def stage_of(function: str) -> int:
        if stage := _STAGE.match(function):
            return int(stage.group(1))
        return -1 if _DRIVER.match(function) or function.startswith(f"{name}_") else INHERITED

    found = simulate_memories(
        program.machine,
        program.build.elf,
        memories,
        inputs=input_bytes(np.stack([image, image])),
        stage_of=stage_of,
        is_weight=weights.__contains__,
        timeout_s=_TIMEOUT_S,
    )
    return [next(lap for lap in reversed(laps) if any(stage >= 0 for stage in lap)) for laps in found]
