"""A program's fetches, loads and stores through models of memory systems: for how many cycles the core would wait.

The emulator has no caches and no wait states; a QEMU plugin (baremetal/memory_plugin.c) feeds every access to the model
(baremetal/memory_model.h) as it happens. Addresses are those of the emulated machine: code and constants as they are
linked there stand for those in a board's flash. The clock that prefetching races against takes a cycle an instruction.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mcugen.targets.memory import Cache, MemorySystem, Waits

from .disassembly import disassemble
from .errors import EmulatorError, ProgramError, find_tool
from .machines import Machine
from .plugin import compile_plugin
from .run import execute

_MARKER = "mcu_lap"
INHERITED = -2
"""The stage of a function that belongs to the stage that calls it."""


@dataclass(frozen=True)
class Stalls:
    """What was executed for one stage, what its instructions and data kept the core waiting, and how many bytes of
    weights were loaded."""

    instructions: int = 0
    waits: Waits = field(default_factory=Waits)
    weight_bytes_read: int = 0

    def __add__(self, other: Stalls) -> Stalls:
        """The sums."""
        return Stalls(
            self.instructions + other.instructions,
            self.waits + other.waits,
            self.weight_bytes_read + other.weight_bytes_read,
        )


@dataclass(frozen=True)
class Symbol:
    """A function or a variable of an ELF file. size: bytes, as the file says."""

    name: str
    start: int
    size: int
    is_function: bool


def symbols(machine: Machine, elf: Path) -> list[Symbol]:
    """Functions and variables by address."""
    command = [find_tool(machine.gcc_prefix + "objdump"), "-t", str(elf)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EmulatorError(f"objdump failed: {done.stderr.strip()[:2000]}")
    found = []
    for line in done.stdout.splitlines():
        head, tab, tail = line.partition("\t")
        words = tail.split()
        if tab and len(words) >= 2 and head[15:16] in ("F", "O"):
            found.append(Symbol(words[-1], int(head.split()[0], 16), int(words[0], 16), head[15] == "F"))
    return sorted(found, key=lambda symbol: symbol.start)


def simulate_memories(
    machine: Machine,
    elf: Path,
    memories: Sequence[MemorySystem],
    *,
    inputs: bytes = b"",
    stage_of: Callable[[str], int],
    is_weight: Callable[[str], bool],
    timeout_s: float = 60.0,
) -> list[list[dict[int, Stalls]]]:
    """Runs `elf` as run() does; by memory system, then by call of mcu_lap(), what came before it, by stage.

    stage_of: the stage of a function by its name, -1 for none, INHERITED for that of its caller. is_weight: whether the
    variable of this name holds weights. Raises ProgramError if the program does not end in time, or MissingToolError.
    """
    listing = disassemble(machine, elf)
    with tempfile.TemporaryDirectory(prefix="mcugen-") as name:
        directory = Path(name)
        plugin = compile_plugin(machine, "memory_plugin.c", directory)
        counts, memory_map = directory / "counts.txt", directory / "map.txt"
        lines = [*_ranges(machine, elf, is_weight), *_functions(machine, elf, stage_of), *map(memory_line, memories)]
        memory_map.write_text("".join(f"{line}\n" for line in lines))
        marker = listing.functions.get(_MARKER, (1 << 64) - 1)
        options = ("-plugin", f"{plugin},out={counts},map={memory_map},marker={marker:x}")
        result = execute(machine, elf, inputs, timeout_s, options)
        if result.timed_out:
            raise ProgramError(f"the program was killed at the time limit; printed so far:\n{result.console}")
        if not counts.exists():
            raise EmulatorError(f"{machine.qemu} did not load the memory plugin:\n{result.emulator_messages}")
        found: list[dict[int, dict[int, Stalls]]] = [defaultdict(dict) for _ in memories]
        for line in counts.read_text().splitlines():
            memory, phase, stage, instructions, *waits, read = map(int, line.split())
            found[memory][phase][stage] = Stalls(instructions, Waits(*waits), read)
    return [[phases[phase] for phase in sorted(phases)] for phases in found]


def _functions(machine: Machine, elf: Path, stage_of: Callable[[str], int]) -> list[str]:
    """Lines of the map; a function ends where the next begins, as those in assembly have no size."""
    functions = {symbol.start: symbol for symbol in symbols(machine, elf) if symbol.is_function}
    starts = sorted(functions)
    ends = [*starts[1:], machine.rom.end]
    return [
        f"function {start:x} {end:x} {stage_of(functions[start].name)}"
        for start, end in zip(starts, ends, strict=True)
        if start < end
    ]


def _ranges(machine: Machine, elf: Path, is_weight: Callable[[str], bool]) -> list[str]:
    """Lines of the map: code, weights, the other constants between them, RAM."""
    command = [find_tool(machine.gcc_prefix + "objdump"), "-h", str(elf)]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    sections = {words[1]: words for words in map(str.split, listing.splitlines()) if len(words) == 7}
    code, constants = (_extent(sections[name]) if name in sections else (0, 0) for name in (".text", ".rodata"))
    found = [(*code, "c"), (machine.ram.origin, machine.ram.end, "r")]
    at, end = constants
    for symbol in symbols(machine, elf):
        if not symbol.is_function and symbol.size and at <= symbol.start < end and is_weight(symbol.name):
            found += [(at, symbol.start, "t"), (symbol.start, symbol.start + symbol.size, "w")]
            at = symbol.start + symbol.size
    found.append((at, end, "t"))
    return [f"range {start:x} {end:x} {kind}" for start, end, kind in sorted(found) if start < end]


def _extent(section: Sequence[str]) -> tuple[int, int]:
    """First address and the one behind of a line of `objdump -h`."""
    size, start = int(section[2], 16), int(section[3], 16)
    return start, start + size


def memory_line(memory: MemorySystem) -> str:
    """The line of the plugin's map."""
    flags = (memory.prefetch, memory.unified, memory.code_in_ram, memory.constants_in_ram)
    values = [memory.fill_cycles, memory.wait_states, memory.ram_fill_cycles, *map(int, flags)]
    for cache in (memory.instruction_cache, memory.data_cache):
        values += _cache_values(cache)
    return " ".join(["memory", *map(str, values)])


def _cache_values(cache: Cache | None) -> list[int]:
    """Size, line, ways, and whether the least recently used goes, as memory_model.h takes them."""
    if cache is None:
        return [0, 1, 1, 0]
    return [cache.size_bytes, cache.line_bytes, cache.ways, int(cache.replacement == "lru")]
