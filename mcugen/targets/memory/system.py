"""What stands between a core and its flash: data that the model of time reads. A target knows nothing of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Replacement = Literal["lru", "round-robin"]


@dataclass(frozen=True)
class Cache:
    """A set-associative cache, or a buffer of a few lines that acts as one.

    size_bytes, line_bytes: powers of two. ways: lines of a set; all of them for a fully associative one. replacement:
    which line of a full set goes, the least recently used or the oldest.
    """

    size_bytes: int
    line_bytes: int
    ways: int
    replacement: Replacement = "lru"

    @property
    def sets(self) -> int:
        """Sets of lines."""
        return self.size_bytes // (self.line_bytes * self.ways)


@dataclass(frozen=True)
class MemorySystem:
    """The memories of a part at one clock, as a board's start-up code sets them up.

    name: of the entry. clock_hz: of the core; what takes cycles below holds at it. wait_states: cycles beyond the
    first that the core waits for a read of flash, where flash is on the chip; 0 where it hangs on a serial bus.
    read_bytes: what one read of flash brings. fill_cycles: for how many cycles of its clock the core stands still when
    a line of a cache is missing. prefetch: the line behind the one that runs is read meanwhile, so that the core waits
    for what is left of that alone. instruction_cache, data_cache: None for none; `unified` means that the instruction
    cache serves constants, too. Without any cache for them every load of a constant takes `wait_states` more.
    code_in_ram, constants_in_ram: the start-up code copies them to memory without wait states. ram_fill_cycles: the
    same as fill_cycles for a line of RAM that the data cache misses, 0 where RAM is not cached. instruction_tcm_bytes,
    data_tcm_bytes: memories coupled to the core, for placing code and constants. sources: where each of these comes
    from, by name of the field or a few words; what no manual says begins with "assumed".
    """

    name: str
    clock_hz: int
    wait_states: int
    read_bytes: int
    fill_cycles: int
    sources: tuple[tuple[str, str], ...]
    prefetch: bool = False
    instruction_cache: Cache | None = None
    data_cache: Cache | None = None
    unified: bool = False
    code_in_ram: bool = False
    constants_in_ram: bool = False
    ram_fill_cycles: int = 0
    instruction_tcm_bytes: int = 0
    data_tcm_bytes: int = 0

    @property
    def constant_cache(self) -> Cache | None:
        """The cache that constants in flash go through, None for none."""
        return self.instruction_cache if self.unified else self.data_cache

    @property
    def smallest_loop_bytes(self) -> int | None:
        """Bytes of code that a loop may have without being read from flash again and again; None where it never is."""
        if self.code_in_ram or self.fill_cycles == 0:
            return None
        return self.instruction_cache.size_bytes if self.instruction_cache else 0
