"""Waits predicted from the plan beside those of the emulator's trace through the same memories."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.inputs import proof_images
from mcugen.simulate.board_time import stalls_by_stage
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets.boards import BOARDS, find_board
from mcugen.targets.memory import MemorySystem, Waits
from mcugen.waiting import WaitPredictor
from mcugen.waiting.predict import is_predictable
from tests.support.needs import ROOT, need

SHARED = ROOT.parent / "shared"
NET = next((ROOT / "examples" / "fashion_mnist_tiny").glob("*.onnx"))
MODELS = (
    *(ROOT / "examples").glob("fashion_mnist/*.onnx"),
    *(SHARED / "models" / f"{name}.tflite" for name in ("vww_96_int8", "person_detect", "mnv2_a035_r96_rgb_c2")),
    # These had no part in choosing the constants of the prediction.
    *(SHARED / "field" / f"{name}.tflite" for name in ("dscnn_49x10", "fomo_r96_gray_c2")),
)
CORES = tuple(dict.fromkeys(board.target for board in BOARDS if board.memory_system))
ON_CHIP, SERIAL = 0.04, 0.13
"""Of all milliseconds: where flash is on the chip, and where a missing line comes over a serial bus."""


def memories_of(core: str) -> list[MemorySystem]:
    found = (board.memory_system for board in BOARDS if board.target == core)
    return list({memory.name: memory for memory in found if memory is not None and is_predictable(memory)}.values())


# With all in flash, where the firmware of the Pico 2 has none of it: 108 cycles for eight bytes that the rule thinks
# are missing. Which lines share a place of the U5's direct-mapped cache the rule does not know.
OTHERS = {"rp2350": 0.30, "stm32u575": 0.06}


def tolerance(memory: MemorySystem) -> float:
    if memory.name in OTHERS:
        return OTHERS[memory.name]
    return SERIAL if memory.wait_states == 0 else ON_CHIP


def check(model: Path, core: str) -> None:
    compiled = compile_model(model, target=core)
    memories = memories_of(core)
    image = proof_images(compiled.imported.input_tensor, 3, 0)[2]
    with EmulatedLibrary(compiled.library, compiled.plan.target) as program:
        simulated = stalls_by_stage(program, image, memories)
    predictor = WaitPredictor(compiled)
    assert predictor.prediction is not None
    cycles = predictor.prediction.cycles or predictor.prediction.instructions
    far = {}
    for memory, stalls in zip(memories, simulated, strict=True):
        counted = sum((each.waits for each in stalls.values()), Waits()).cycles
        predicted = sum(predictor.waits(memory).values(), Waits()).cycles
        off = (predicted - counted) / (cycles + counted)
        if abs(off) > tolerance(memory):
            far[memory.name] = f"{off:+.1%}"
    assert not far


@pytest.mark.needs("{core}")
@pytest.mark.parametrize("core", CORES)
def test_a_small_net(core: str) -> None:
    check(NET, core)


@pytest.mark.slow
@pytest.mark.needs("{core}")
@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_trained_models(model: Path, core: str) -> None:
    if SHARED in model.parents:
        need("shared-models")
    check(model, core)


def test_a_board_whose_misses_cost_too_much_has_no_number() -> None:
    time = WaitPredictor(compile_model(NET, target="xtensa")).time(find_board("esp32dev"))
    assert time is not None
    assert time.waits is None
    assert "takes 912 cycles" in time.unknown


def test_memory_that_does_not_wait_adds_nothing() -> None:
    compiled = compile_model(NET, target="cortex-m7")
    assert sum(WaitPredictor(compiled).waits(_memory("teensy41")).values(), Waits()).cycles == 0


def test_more_of_what_a_cache_holds_is_less_to_wait() -> None:
    predictor = WaitPredictor(compile_model(NET, target="cortex-m33"))
    memory = _memory("rpipico2")
    cache = memory.instruction_cache
    assert cache is not None
    waits = []
    for size in (4, 8, 16, 32, 64, 128):
        memory = replace(memory, instruction_cache=replace(cache, size_bytes=size << 10))
        waits.append(sum(predictor.waits(memory).values(), Waits()).cycles)
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] < waits[0] / 20


def test_a_board_without_a_memory_system_or_a_clock() -> None:
    predictor = WaitPredictor(compile_model(NET, target="cortex-m4"))
    board = find_board("nucleo_f446re")
    time = predictor.time(replace(board, memory=""))
    assert time is not None
    assert time.waits is None
    assert time.milliseconds_with_waits is None
    assert time.expected_milliseconds == time.milliseconds
    assert predictor.time(replace(board, clock_hz=0)) is None
    known = predictor.time(board)
    assert known is not None
    assert known.expected_milliseconds > known.milliseconds == time.milliseconds


def _memory(board: str) -> MemorySystem:
    memory = find_board(board).memory_system
    assert memory is not None
    return memory
