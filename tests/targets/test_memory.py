"""Memory systems as data."""

from __future__ import annotations

import pytest

from mcugen.targets.boards import BOARDS, Board
from mcugen.targets.memory import MEMORY_SYSTEMS, MemorySystem

_EVERY = pytest.mark.parametrize("memory", MEMORY_SYSTEMS.values(), ids=lambda memory: memory.name)


@_EVERY
def test_caches_are_whole_sets_of_lines(memory: MemorySystem) -> None:
    for cache in (memory.instruction_cache, memory.data_cache):
        if cache is not None:
            assert cache.sets * cache.ways * cache.line_bytes == cache.size_bytes
            assert cache.line_bytes & (cache.line_bytes - 1) == 0
            assert cache.sets & (cache.sets - 1) == 0


@_EVERY
def test_what_slows_has_a_source(memory: MemorySystem) -> None:
    said = dict(memory.sources)
    assert all(said.values())
    assert memory.instruction_cache is None or "caches" in said
    assert not memory.wait_states or "wait_states" in said
    assert memory.wait_states or memory.code_in_ram or "fill_cycles" in said
    assert not memory.prefetch or "prefetch" in said


@pytest.mark.parametrize("board", [board for board in BOARDS if board.is_physical], ids=lambda board: board.name)
def test_the_clock_of_a_board_is_that_of_its_memories(board: Board) -> None:
    memory = board.memory_system
    assert memory is not None, f"{board.name} names no memory system"
    assert memory.clock_hz == board.clock_hz


def test_a_line_of_serial_flash_by_hand() -> None:
    # 12 clocks of address, mode and dummies, 16 of data, each two cycles of the core.
    assert MEMORY_SYSTEMS["rp2040"].fill_cycles == 56
    # The command before these, each of the 36 clocks three cycles.
    assert MEMORY_SYSTEMS["rp2350"].fill_cycles == 108
    # 24 clocks and 128 of data on two wires at a sixth of the core's clock.
    assert MEMORY_SYSTEMS["esp32"].fill_cycles == 912


def test_how_long_a_loop_may_be() -> None:
    assert MEMORY_SYSTEMS["stm32l4r5"].smallest_loop_bytes == 1024
    assert MEMORY_SYSTEMS["stm32f103"].smallest_loop_bytes == 16
    assert MEMORY_SYSTEMS["imxrt1062"].smallest_loop_bytes is None
