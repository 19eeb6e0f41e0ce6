"""Parts of a network in fast memories: what is chosen, and where linkers put it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.compiler import Compiled, compile_model
from mcugen.firmware.application import application_files
from mcugen.firmware.footprint import footprint
from mcugen.firmware.placement import HEADER, SCRIPT, START, choose_places, memory_with, placement_files, ram_change
from mcugen.firmware.project import write_firmware
from mcugen.inputs import proof_images
from mcugen.simulate.emulator import MACHINES
from mcugen.simulate.emulator import run as emulate
from mcugen.simulate.emulator.build import BAREMETAL, build
from mcugen.targets import find_target
from mcugen.targets.boards import BOARDS, Board, find_board
from mcugen.targets.boards.placement import NOWHERE, Place, Placement
from tests.firmware.conftest import ROOT
from tests.support.elf import symbols
from tests.support.needs import need

TINY = ROOT / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"
PLACED = [board for board in BOARDS if board.placement != NOWHERE]
_EVERY = pytest.mark.parametrize("board", PLACED, ids=lambda board: board.name)
SMALL = {"code": 1000, "constants": 2000, "context": 3000}


@_EVERY
def test_what_is_small_has_room_everywhere(board: Board) -> None:
    assert choose_places(board, SMALL, 10_000) == board.placement


@_EVERY
def test_places_of_one_memory_agree_and_lie_in_the_coupled_memories(board: Board) -> None:
    system = board.memory_system
    assert system is not None
    own = [place for place in board.placement.places.values() if not place.is_in_ram]
    sizes = {place.origin: place.size_bytes for place in own}
    assert all(sizes[place.origin] == place.size_bytes for place in own)
    for origin, size in sizes.items():
        room = system.data_tcm_bytes if origin >= 0x2000_0000 else system.instruction_tcm_bytes
        assert (origin & 0xFFFF) + size == room
    assert len({place.section for place in board.placement.places.values()}) == len(board.placement.places)


def test_a_memory_holds_what_there_is_room_for() -> None:
    board = find_board("nucleo_h743zi")
    code, constants, context = (board.placement.places[part] for part in ("code", "constants", "context"))
    assert choose_places(board, SMALL | {"code": code.size_bytes + 1}, 0) == Placement(None, constants, context)
    # The context comes first in the memory that both want.
    assert choose_places(board, SMALL | {"constants": constants.size_bytes}, 0) == Placement(code, None, context)
    whole = SMALL | {"constants": constants.size_bytes - SMALL["context"]}
    assert choose_places(board, whole, 0) == Placement(code, constants, context)


def test_a_quarter_of_ram_is_left() -> None:
    board = find_board("rpipico")
    left = board.ram_bytes * 3 // 4
    assert choose_places(board, SMALL, left - 3000) == board.placement
    assert choose_places(board, SMALL, left - 2999) == replace(board.placement, constants=None)
    assert choose_places(board, SMALL, left) == NOWHERE


def test_ram_has_the_copies_and_not_what_lies_elsewhere() -> None:
    assert ram_change(find_board("rpipico").placement, SMALL) == 3000
    assert ram_change(find_board("nucleo_h743zi").placement, SMALL) == -3000


def test_what_is_placed_does_not_wait() -> None:
    for name, expected in (("rpipico", (True, True, 0)), ("nucleo_h743zi", (True, True, 0))):
        board = find_board(name)
        memory = memory_with(board, board.placement)
        assert memory is not None
        assert (memory.code_in_ram, memory.constants_in_ram, memory.ram_fill_cycles) == expected
        assert memory_with(board, NOWHERE) == board.memory_system
    assert memory_with(find_board("native"), NOWHERE) is None


def test_the_firmware_and_a_project_have_the_files(tmp_path: Path) -> None:
    board = find_board("nucleo_h743zi")
    compiled = compile_model(TINY, target=board.target, name="net", pixels="offset")
    write_firmware(tmp_path, compiled, board, traced=True)
    model = tmp_path / "model" / board.name
    assert {path.name for path in (model / "placement").iterdir()} == {HEADER, SCRIPT, START}
    assert "#undef NET_CODE_SECTION" in (model / "model" / "net_traced.c").read_text()
    files = application_files(compiled, board, footprint(compiled, board).placed)
    assert {"placement/placement.h", "placement/network.ld", "src/placement.c"} <= set(files)
    assert "-include placement/placement.h -Wl,--script=placement/network.ld\n" in str(files["platformio.ini"])
    assert "the network's code, constants and context into fast memory" in " ".join(str(files["README.md"]).split())
    assert "may be too large" in str(files["README.md"])
    plain = application_files(compiled, board, NOWHERE)
    assert "fast memory" not in str(plain["README.md"])
    assert not {name for name in plain if "placement" in name}
    assert "placement" not in str(plain["platformio.ini"])


# The memories and sections of the linker scripts of the Arduino cores, for what matters here.
_STM32 = """
ENTRY(main)
MEMORY {{ RAM (xrw) : ORIGIN = {ram}, LENGTH = {ram_size}  FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 1M }}
SECTIONS {{
  .text : {{ *(.text*) }} >FLASH
  .rodata : {{ *(.rodata*) }} >FLASH
  .init_array : {{ KEEP (*(.init_array*)) }} >FLASH
  .data : {{ *(.data*) *(.RamFunc*) }} >RAM AT> FLASH
  .bss : {{ *(.bss*) *(COMMON) }} >RAM
}}
"""
_PICO = """
ENTRY(main)
MEMORY {{ FLASH (rx) : ORIGIN = 0x10000000, LENGTH = 2M  RAM (rwx) : ORIGIN = {ram}, LENGTH = {ram_size} }}
SECTIONS {{
  .text : {{ *(.text*) }} > FLASH
  .rodata : {{ *(.rodata*) }} > FLASH
  .data : {{ *(.time_critical*) *(.data*) }} > RAM AT> FLASH
  .bss : {{ *(.bss*) *(COMMON) }} > RAM
}}
"""
_RAM = {"nucleo_f746zg": 0x2000_0000, "nucleo_h743zi": 0x2400_0000, "nucleo_h7a3zi_q": 0x2400_0000}
_PROGRAM = """#include "net.h"
static NET_ARENA_SECTION net_ctx ctx;
static int8_t image[NET_IMAGE_BYTES], scores[NET_CLASSES];
int main(void) { return net_invoke(&ctx, image, scores); }
"""


def _write(compiled: Compiled, files: dict[str, str], program: str, directory: Path) -> list[Path]:
    for file, text in {**compiled.library.files, **files, "program.c": program}.items():
        (directory / file).write_text(text)
    return [directory / file for file in (*compiled.library.files, *files, "program.c") if file.endswith(".c")]


@_EVERY
def test_parts_lie_where_the_board_has_places(board: Board, tmp_path: Path) -> None:
    target = find_target(board.target)
    need(f"{target.compiler}gcc")
    compiled = compile_model(TINY, target=board.target, name="net")
    placed = footprint(compiled, board).placed
    assert placed == board.placement
    files = placement_files("net", board, placed)
    sources = _write(compiled, files, _PROGRAM, tmp_path)
    script = _STM32 if board.platform == "ststm32" else _PICO
    ram = _RAM.get(board.name, 0x2000_0000)
    (tmp_path / "board.ld").write_text(script.format(ram=ram, ram_size=board.ram_bytes))
    flags = [*target.compiler_flags, "-O2", "-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-fdata-sections"]
    extra = ["-Wl,--script=network.ld"] if SCRIPT in files else []
    specs = ["--specs=picolibc.specs"] if target.name.startswith("rv32") else []
    elf = tmp_path / "a.elf"
    link = ["-nostartfiles", "-Wl,--fatal-warnings", "-Wl,--no-warn-rwx-segments", *extra, "-T", "board.ld"]
    command = [f"{target.compiler}gcc", *flags, *specs, "-include", HEADER, *map(str, sources), *link, "-o", str(elf)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = symbols(elf, target.compiler)
    kernels = [found[name] for name in found if name.startswith(("stage_", "matrix_"))]
    constants = [found[f"net_{constant.name}"] for constant in compiled.library.constants]
    assert len(kernels) >= len(compiled.plan.stages)
    flash = range(0x0800_0000, 0x1020_0000)
    for part, those in (("code", kernels), ("constants", constants), ("context", [found["ctx"]])):
        place = placed.places.get(part)
        if place is None:
            fast = range(ram, ram + board.ram_bytes) if part == "context" else flash
        elif place.is_in_ram:
            fast = range(ram, ram + board.ram_bytes)
        else:
            fast = range(place.origin, place.origin + place.size_bytes)
        for symbol in those:
            assert symbol.start in fast
            assert symbol.start + symbol.size - 1 in fast
            if part != "context":
                assert symbol.load in flash


_RUN = """#include "mcu.h"
#include "net.h"
static NET_ARENA_SECTION net_ctx ctx;
static int8_t scores[NET_CLASSES];
void network_placement(void);
int main(void)
{
    network_placement();
    if (net_invoke(&ctx, (const int8_t *)mcu_input(), scores) != NET_OK)
        return 1;
    mcu_report_bytes("scores", scores, sizeof scores);
    return 0;
}
"""


@pytest.mark.needs("cortex-m7")
def test_the_start_up_fills_the_memories(tmp_path: Path) -> None:
    # Nobody initializes the upper half of the emulated board's RAM.
    code, data = (
        Place(f".network_{kind}", 0x2020_0000 + at, 64 << 10) for kind, at in (("code", 0), ("data", 0x10000))
    )
    placement = Placement(code, replace(data, section=".network_constants"), replace(data, section=".network_context"))
    board = replace(find_board("nucleo_h743zi"), placement=placement)
    compiled = compile_model(TINY, target=board.target, name="net")
    files = placement_files("net", board, placement)
    sources = _write(compiled, files, _RUN, tmp_path)
    flags = ("-O2", "-include", str(tmp_path / HEADER), f"-Wl,--script={tmp_path / SCRIPT}", f"-I{BAREMETAL}")
    machine = MACHINES["cortex-m7"]
    elf = build(machine, sources, (tmp_path,), tmp_path / "a.elf", flags).elf
    image = proof_images(compiled.imported.input_tensor, 1, 0)[0]
    result = emulate(machine, elf, image.tobytes())
    scores = np.frombuffer(result.blobs["scores"], np.int8)
    assert np.array_equal(scores, reference.run(compiled.plan.graph, image[None]).ravel())
    # Without what fills them there is nothing to execute.
    (tmp_path / "program.c").write_text(_RUN.replace("    network_placement();\n", ""))
    assert emulate(machine, build(machine, sources, (tmp_path,), tmp_path / "b.elf", flags).elf, image.tobytes()).status
