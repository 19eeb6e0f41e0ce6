"""Where a program spends its instructions, and the cycles that a timing model gives them.

A small QEMU plugin (baremetal/profile_plugin.c, compiled when it is needed) counts how often every block of
instructions ran and was left by a jump; the disassembly says what is in the blocks. The counts are exact: a lap has
what mcu_lap() returned, and one for the call of mcu_lap() itself. The functions that read the counter are left out.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from .cycle_model import MODELS, CycleModel
from .disassembly import Disassembly, disassemble, list_executed
from .errors import EmulatorError, ProgramError
from .machines import Machine
from .plugin import compile_plugin
from .run import RunResult, execute

_MARKER = "mcu_lap"
_COUNTER_FUNCTIONS = {"mcu_lap", "mcu_lap_at", "mcu_instructions", "mcu_instructions_at", "mcu_counter_delta"}
_START_FUNCTIONS = {"mcu_start", "mcu_stack_paint"}
_PHASES_OF_START_UP = 3
"""Start-up calls mcu_lap() so many times before main runs."""


@dataclass
class FunctionProfile:
    """What was executed in one function, not counting what it called."""

    instructions: int = 0
    cycles: int | None = None
    """Modelled; None where there is no model of the core."""
    calls: int = 0


@dataclass
class Counts:
    """What was executed in a stretch of the run."""

    functions: dict[str, FunctionProfile] = field(default_factory=dict)
    mnemonics: Counter[str] = field(default_factory=Counter)

    @property
    def instructions(self) -> int:
        """The sum over the functions."""
        return sum(function.instructions for function in self.functions.values())

    @property
    def cycles(self) -> int | None:
        """The sum of the modelled cycles."""
        cycles = [function.cycles for function in self.functions.values() if function.cycles is not None]
        return sum(cycles) if len(cycles) == len(self.functions) else None

    def without_runtime(self) -> Counts:
        """The same without the functions of the run time (console, stack depth); the mnemonics stay."""
        kept = {name: function for name, function in self.functions.items() if not name.startswith("mcu_")}
        return Counts(kept, self.mnemonics)


@dataclass
class Profile(Counts):
    """The whole run from main on."""

    laps: list[Counts] = field(default_factory=list)
    """laps[i] is what ran between the program's call i-1 and call i of mcu_lap(); the last is what ran after all."""
    model: str | None = None
    result: RunResult = field(default_factory=lambda: RunResult("", None))
    lines: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By address: how often it was executed, and the modelled cycles of all of that (0 without a model)."""
    by_times: dict[str, dict[int, tuple[int, int]]] = field(default_factory=dict)
    """By function and by how often one of its instructions was executed: executed instructions and modelled cycles of
    all that were executed so often. Loops of different numbers of turns stand apart in it."""


@dataclass(frozen=True)
class _Block:
    phase: int
    start: int
    last: int
    count: int
    fell_through: dict[int, int]
    """By size of the last instruction: how often what lies behind it ran next."""


def profile(machine: Machine, elf: Path, inputs: bytes = b"", timeout_s: float = 60.0) -> Profile:
    """Runs `elf` as run() does, and counts. Raises ProgramError if it does not end in time, or MissingToolError."""
    listing = disassemble(machine, elf)
    with tempfile.TemporaryDirectory(prefix="mcugen-") as directory:
        counts = Path(directory) / "counts.txt"
        plugin = compile_plugin(machine, "profile_plugin.c", Path(directory))
        marker = listing.functions.get(_MARKER, (1 << 64) - 1)
        options = ("-plugin", f"{plugin},out={counts},marker={marker:x}")
        result = execute(machine, elf, inputs, timeout_s, options)
        if result.timed_out:
            raise ProgramError(f"the program was killed at the time limit; printed so far:\n{result.console}")
        if not counts.exists():
            raise EmulatorError(f"{machine.qemu} did not load the profiling plugin:\n{result.emulator_messages}")
        blocks = [_block(line) for line in counts.read_text().splitlines()]
    list_executed(machine, elf, listing, {block.start: block.last for block in sorted(blocks, key=lambda b: b.last)})
    return _summarize(listing, blocks, MODELS.get(machine.name), result)


def _block(line: str) -> _Block:
    phase, start, last, count, *behind = line.split()
    fell_through = dict(zip((2, 3, 4), map(int, behind), strict=True))
    return _Block(int(phase), int(start, 16), int(last, 16), int(count), fell_through)


def _summarize(listing: Disassembly, blocks: list[_Block], model: CycleModel | None, result: RunResult) -> Profile:
    whole = Profile(model=model.name if model else None, result=result)
    laps: dict[int, Counts] = defaultdict(Counts)
    costs: dict[tuple[int, int], list[int]] = {}
    lines: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for block in blocks:
        if block.phase < _PHASES_OF_START_UP:
            continue
        instructions = listing.block(block.start, block.last)
        if _is_hidden(instructions[0].function, block.phase):
            continue
        key = (block.start, block.last)
        if key not in costs:
            costs[key] = model.block(instructions) if model else [0] * len(instructions)
        taken = block.count - block.fell_through[instructions[-1].size]
        jumps = taken * model.taken(instructions[-1]) if model else 0
        for instruction, cost in zip(instructions, costs[key], strict=True):
            cycles = block.count * cost + (jumps if instruction is instructions[-1] else 0)
            entry = instruction.address in listing.entries
            for counts in (whole, laps[block.phase]):
                of_function = counts.functions.setdefault(
                    instruction.function, FunctionProfile(cycles=0 if model else None)
                )
                of_function.instructions += block.count
                of_function.calls += block.count if entry else 0
                if of_function.cycles is not None:
                    of_function.cycles += cycles
                counts.mnemonics[instruction.mnemonic] += block.count
            lines[instruction.address][0] += block.count
            lines[instruction.address][1] += cycles
    last = max(laps, default=_PHASES_OF_START_UP)
    whole.laps = [laps[phase] for phase in range(_PHASES_OF_START_UP, last + 1)]
    whole.lines = {address: (count, cycles) for address, (count, cycles) in lines.items()}
    for address, (count, cycles) in whole.lines.items():
        by_times = whole.by_times.setdefault(listing.instructions[address].function, {})
        executed, before = by_times.get(count, (0, 0))
        by_times[count] = executed + count, before + cycles
    return whole


def _is_hidden(function: str, phase: int) -> bool:
    return function in _COUNTER_FUNCTIONS or (function in _START_FUNCTIONS and phase == _PHASES_OF_START_UP)


def annotate(machine: Machine, elf: Path, profiled: Profile, function: str) -> list[str]:
    """The listing of `function` with executions and modelled cycles beside each instruction."""
    listing = disassemble(machine, elf)
    found = []
    for address, instruction in sorted(listing.instructions.items()):
        if instruction.function == function:
            count, cycles = profiled.lines.get(address, (0, 0))
            each = f"{cycles / count:6.2f}" if count else " " * 6
            found.append(f"{count:12} {each}  {address:8x}: {instruction.mnemonic:8} {instruction.operands}")
    return found
