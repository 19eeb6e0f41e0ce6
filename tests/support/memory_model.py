"""What memory_model.h computes, written a second time, for tests to compare with."""

from __future__ import annotations

from collections import OrderedDict

from mcugen.targets.memory import Cache, MemorySystem


class CacheModel:
    """The lines that a cache holds, the one that goes next first in its set."""

    def __init__(self, cache: Cache) -> None:
        """Empty."""
        self.cache = cache
        self.sets: list[OrderedDict[int, None]] = [OrderedDict() for _ in range(cache.sets)]

    def access(self, address: int) -> bool:
        """Whether the line was there; it is afterwards."""
        line = address // self.cache.line_bytes
        lines = self.sets[line % self.cache.sets]
        if line in lines:
            if self.cache.replacement == "lru":
                lines.move_to_end(line)
            return True
        if len(lines) == self.cache.ways:
            lines.popitem(last=False)
        lines[line] = None
        return False


class MemoryModel:
    """Stall cycles of accesses in turn; each fetched instruction takes a cycle."""

    def __init__(self, memory: MemorySystem) -> None:
        """With empty caches."""
        self.memory = memory
        self.instructions = CacheModel(memory.instruction_cache) if memory.instruction_cache else None
        data = memory.constant_cache if not memory.unified else None
        self.data = self.instructions if memory.unified else CacheModel(data) if data else None
        self.now = self.ahead_at = 0
        self.current = self.ahead = -1

    def fetch(self, address: int) -> int:
        """Stall cycles of an instruction."""
        stall = self._fetch(address)
        self.now += 1
        return stall

    def _fetch(self, address: int) -> int:
        if self.memory.code_in_ram or self.instructions is None:
            return 0
        line = address // self.instructions.cache.line_bytes
        if line == self.current:
            return 0
        self.current, stall = line, 0
        if not self.instructions.access(address):
            read_ahead = self.memory.prefetch and line == self.ahead
            stall = max(0, self.ahead_at - self.now) if read_ahead else self.memory.fill_cycles
        self.now += stall
        if self.memory.prefetch and self.ahead != line + 1:
            self.ahead, self.ahead_at = line + 1, self.now + self.memory.fill_cycles
        return stall

    def constant(self, address: int) -> int:
        """Stall cycles of a load from flash."""
        if self.memory.constants_in_ram:
            return 0
        missing = self.memory.wait_states if self.data is None else self.memory.fill_cycles
        stall = 0 if self.data is not None and self.data.access(address) else missing
        self.now += stall
        return stall
