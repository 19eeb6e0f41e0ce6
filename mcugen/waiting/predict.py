"""For how long a board's core waits in an inference, predicted from the plan and the code: nothing is compiled or run.

docs/time.md has the rule, and how far off it is from the emulator's trace through the same memories.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from mcugen.compiler import Compiled
from mcugen.firmware.footprint import board_memory
from mcugen.plan.prediction import Prediction, predict
from mcugen.targets.boards import Board
from mcugen.targets.memory import Cache, MemorySystem, Waits
from mcugen.waiting.board_time import BoardTime
from mcugen.waiting.reuse import line_count, missing_share, reuse_of
from mcugen.waiting.touches import OUTSIDE, Touch, touches

_CONSTANTS = ("weights", "tables")
_ROWS = ("rows", "stored")
_BUFFER_BYTES = 64
"""Of an instruction cache that is no more than a buffer of what is read ahead."""
_MISSED_BRANCHES = 0.05
"""Branches that leave such a buffer, an instruction."""
_INSTRUCTION_BYTES = 3.2
"""Of Thumb code, on average: what a prefetch has time for."""
_LARGEST_FILL_CYCLES = 500
_UNPREDICTABLE = "waits are not predicted where a line takes {} cycles: `validate --on qemu` simulates them"

StageWaits = defaultdict[int, defaultdict[str, float]]


def is_predictable(memory: MemorySystem) -> bool:
    """Whether a prediction is worth a number: where each miss of a cache costs too much, it hangs on where the linker
    puts functions and tables."""
    return memory.fill_cycles <= _LARGEST_FILL_CYCLES


class WaitPredictor:
    """Waits of one compiled model on any memories. touched: what an inference reads, in order."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.prediction: Prediction | None = predict(compiled.plan)
        self.touched: list[Touch] = touches(compiled.library)

    def time(self, board: Board) -> BoardTime | None:
        """Of one inference on the board, with the model where its firmware places it; None where neither its clock nor
        cycles nor instructions are known. A core without a timing table takes a cycle an instruction."""
        if self.prediction is None or not board.clock_hz:
            return None
        cycles = self.prediction.instructions if self.prediction.cycles is None else self.prediction.cycles
        memory = board_memory(self.compiled, board)
        if memory is None:
            return BoardTime(board, cycles, None, "predicted")
        if not is_predictable(memory):
            return BoardTime(board, cycles, None, "predicted", _UNPREDICTABLE.format(memory.fill_cycles))
        return BoardTime(board, cycles, self.waits(memory), "predicted")

    def waits(self, memory: MemorySystem) -> dict[int, Waits]:
        """By stage; -1 is what is outside them."""
        found: StageWaits = defaultdict(lambda: defaultdict(float))
        flash = () if memory.constants_in_ram else _CONSTANTS
        code = () if memory.code_in_ram else ("code",)
        rows = _ROWS if memory.ram_fill_cycles else ()
        if memory.unified:
            _through(memory, memory.instruction_cache, self._of(*code, *flash), found)
        elif memory.instruction_cache is not None and memory.instruction_cache.size_bytes < _BUFFER_BYTES:
            _through(memory, memory.data_cache, self._of(*flash, *rows), found)
            self._branch(memory, found)
        else:
            _through(memory, memory.instruction_cache, self._of(*code), found)
            _through(memory, memory.data_cache, self._of(*flash, *rows), found)
        if memory.constant_cache is None:
            for touch in self._of(*flash):
                found[touch.stage][touch.cause] += memory.wait_states * touch.loads * (1 + touch.again)
        return {
            stage: Waits(**{cause: round(cycles) for cause, cycles in causes.items()})
            for stage, causes in found.items()
        }

    def _of(self, *causes: str) -> list[Touch]:
        return [touch for touch in self.touched if touch.cause in causes]

    def _branch(self, memory: MemorySystem, found: StageWaits) -> None:
        """What is read ahead is in time, but for where branches go."""
        if self.prediction is not None and not memory.code_in_ram:
            inside = 0
            for stage, (instructions, _) in enumerate(self.prediction.stages):
                found[stage]["code"] += _MISSED_BRANCHES * memory.fill_cycles / 2 * instructions
                inside += instructions
            outside = self.prediction.instructions - inside
            found[OUTSIDE]["code"] += _MISSED_BRANCHES * memory.fill_cycles / 2 * outside


def _through(memory: MemorySystem, cache: Cache | None, touched: list[Touch], found: StageWaits) -> None:
    """Adds what a cache costs that all of these go through."""
    if cache is None or not touched:
        return
    between = reuse_of(touched)
    lines = line_count(cache, np.array([touch.bytes for touch in touched]))
    shares = missing_share(cache, lines, line_count(cache, between[:, :, 0], between[:, :, 1]))
    causes = {touch.cause for touch in touched}
    chunks = line_count(cache, np.array([touch.chunk_bytes for touch in touched]))
    beside = np.array([(touch.code_bytes, touch.column_bytes) for touch in touched])
    beside = line_count(cache, beside * ("code" in causes, "rows" in causes))
    again = missing_share(cache, chunks, beside)
    for touch, count, share, share_again in zip(touched, lines, shares, again, strict=True):
        if touch.cause == "stored":
            continue
        fill = memory.ram_fill_cycles if touch.cause == "rows" else memory.fill_cycles
        if touch.cause == "code" and memory.prefetch:
            # Lines behind the first are read while those before them run.
            behind = max(0.0, fill - cache.line_bytes / _INSTRUCTION_BYTES)
            found[touch.stage]["code"] += share * (fill + (count - 1) * behind)
        else:
            found[touch.stage][touch.cause] += fill * count * (share + touch.again * share_again)
