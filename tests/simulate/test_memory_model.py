"""The model of caches and flash in C: traces counted by hand, loops that are known, and the same model in Python."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import mcugen.simulate.emulator
from mcugen.compiler import compile_model
from mcugen.inputs import proof_images
from mcugen.simulate.board_time import stalls_by_stage
from mcugen.simulate.emulator import Stalls
from mcugen.simulate.emulator.memory_trace import memory_line
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets.memory import MEMORY_SYSTEMS, Cache, MemorySystem
from tests.support.memory_model import MemoryModel

pytestmark = pytest.mark.needs("cc")
Trace = Sequence[tuple[str, int]]
Simulate = Callable[[MemorySystem, Trace], list[int]]
PLAIN = MemorySystem("test", 1_000_000, 3, 8, 5, (), instruction_cache=Cache(32, 8, 2), data_cache=Cache(16, 8, 2))
NET = Path(__file__).parents[2] / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"


@pytest.fixture(scope="module")
def simulate(tmp_path_factory: pytest.TempPathFactory) -> Simulate:
    """Stall cycles of each access, by the compiled model."""
    program = tmp_path_factory.mktemp("memory") / "harness"
    headers = Path(mcugen.simulate.emulator.__file__).parent / "baremetal"
    source = Path(__file__).with_name("memory_harness.c")
    subprocess.run(["cc", "-O1", f"-I{headers}", str(source), "-o", str(program)], check=True)

    def stalls(memory: MemorySystem, trace: Trace) -> list[int]:
        text = memory_line(memory).removeprefix("memory") + "\n"
        text += "".join(f"{kind} {address}\n" for kind, address in trace)
        done = subprocess.run([str(program)], input=text, capture_output=True, text=True, check=True)
        return [int(word) for word in done.stdout.split()]

    return stalls


def test_sets_and_ways_by_hand(simulate: Simulate) -> None:
    # Lines 0, 2 and 4 share the first of two sets; line 0 is younger than 2 when 4 comes.
    trace = [("f", 0), ("f", 4), ("f", 16), ("f", 0), ("f", 32), ("f", 0), ("f", 16)]
    assert simulate(PLAIN, trace) == [5, 0, 5, 0, 5, 0, 5]
    cache = Cache(32, 8, 2, "round-robin")
    assert simulate(replace(PLAIN, instruction_cache=cache), trace) == [5, 0, 5, 0, 5, 5, 5]


def test_a_line_that_is_read_ahead_costs_what_is_left(simulate: Simulate) -> None:
    # Line 0 is there after five cycles, line 1 five later; two instructions run meanwhile.
    assert simulate(replace(PLAIN, prefetch=True), [("f", 0), ("f", 4), ("f", 8)]) == [5, 0, 3]


def test_constants_without_a_cache_wait_each_time(simulate: Simulate) -> None:
    assert simulate(replace(PLAIN, data_cache=None), [("l", 64), ("l", 64)]) == [3, 3]
    assert simulate(PLAIN, [("l", 64), ("l", 68), ("l", 72)]) == [5, 0, 5]
    assert simulate(replace(PLAIN, unified=True), [("f", 64), ("l", 68)]) == [5, 0]


def test_stores_bring_lines_and_wait_for_nothing(simulate: Simulate) -> None:
    assert simulate(replace(PLAIN, ram_fill_cycles=7), [("r", 0), ("s", 8), ("r", 8)]) == [7, 0, 0]
    assert simulate(PLAIN, [("r", 0)]) == [0]


@pytest.mark.parametrize(("size", "misses"), [(1024, 128), (1032, 1290)])
def test_a_loop_that_a_cache_holds_misses_once_and_one_line_more_misses_always(
    simulate: Simulate, size: int, misses: int
) -> None:
    memory = replace(PLAIN, instruction_cache=Cache(1024, 8, 128))
    stalls = simulate(memory, [("f", address) for _ in range(10) for address in range(0, size, 2)])
    assert sum(stalls) == 5 * misses


@pytest.mark.parametrize("memory", MEMORY_SYSTEMS.values(), ids=lambda memory: memory.name)
def test_as_in_python(simulate: Simulate, memory: MemorySystem) -> None:
    chosen = random.Random(memory.name)
    trace = []
    address = 0
    for _ in range(4000):
        address = chosen.randrange(0, 1 << 16, 2) if chosen.random() < 0.05 else address + 2
        trace.append(("f", address))
        if chosen.random() < 0.3:
            trace.append(("l", chosen.randrange(0, 1 << 15, 4)))
    model = MemoryModel(memory)
    assert simulate(memory, trace) == [model.fetch(at) if kind == "f" else model.constant(at) for kind, at in trace]


@pytest.mark.needs("cortex-m4")
def test_stalls_of_a_net_by_stage() -> None:
    compiled = compile_model(NET, target="cortex-m4")
    image = proof_images(compiled.imported.input_tensor, 1, 0)[0]
    none = replace(PLAIN, code_in_ram=True, constants_in_ram=True)
    with EmulatedLibrary(compiled.library, compiled.plan.target) as program:
        counted = program.run(image[None]).instructions
        free, small, large = stalls_by_stage(
            program, image, [none, PLAIN, replace(PLAIN, instruction_cache=Cache(1 << 20, 8, 2), unified=True)]
        )
    total = sum(free.values(), Stalls())
    assert total.waits.cycles == 0
    # The calls of the counter are counted, too.
    assert 0 <= total.instructions - counted < 100
    assert set(free) == {-1, *(planned.stage.index for planned in compiled.plan.stages)}
    assert total.weight_bytes_read >= compiled.library.weight_bytes
    # In a cache that holds all code and constants, the second inference reads next to none from flash.
    assert sum(large.values(), Stalls()).waits.cycles < sum(small.values(), Stalls()).waits.cycles / 1000
