"""Prints README's tables of boards: what the firmware takes on emulated boards, and which boards each model fits.

    python benchmarks/boards.py built MODEL...    builds with PlatformIO, runs in QEMU
    python benchmarks/boards.py linked MODEL...   builds with PlatformIO for the boards of ST, runs nothing
    python benchmarks/boards.py fits MODEL...     sizes by the cross compiler, nothing is run
    python benchmarks/boards.py time MODEL...     milliseconds with and without wait states, by QEMU and models
    python benchmarks/boards.py predicted MODEL...  how far off those are that are predicted without QEMU
    python benchmarks/boards.py placed MODEL...   milliseconds with all in flash and with parts in fast memory, likewise

`built`: seconds are those of `pio run` from an empty build directory, flash and RAM the linker's of the whole firmware
(the traced build of the network, two test images and 4 KiB of stack among them), instructions those of one inference.
Without PlatformIO's registry run firmware/scripts/seed_platformio.py first.

`linked`: for each board the first model that fits with its traced twin, or else fits at all; flash and RAM as the
linker has them. Needs platform ststm32 and its packages, by the registry or laid beside each other by hand in
PLATFORMIO_CORE_DIR; what such a directory needs in `platformio.local.ini` is given with --local.

`fits`: KiB of flash of the network's objects by GCC for the board's core, constants and code, and of RAM, its context;
"yes" where `mcugen flash` would build for the board (its estimate of everything around the network included).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mcugen.compiler import Compiled, compile_model
from mcugen.firmware.footprint import footprint
from mcugen.firmware.placement import memory_with
from mcugen.firmware.platformio import platformio_command
from mcugen.firmware.project import write_firmware
from mcugen.firmware.sizes import linked_sizes
from mcugen.firmware.virtual import program_path, virtual_board
from mcugen.inputs import proof_images
from mcugen.link import open_board
from mcugen.simulate.board_time import stalls_by_stage
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.simulate.size import measure_flash
from mcugen.targets import find_target
from mcugen.targets.boards import BOARDS, Board
from mcugen.targets.boards.placement import NOWHERE
from mcugen.targets.boards.stm32 import STM32
from mcugen.validation.on_board import validate_on_board
from mcugen.waiting import BoardTime, WaitPredictor

_CASES = 2


def built(models: list[Path]) -> None:
    """The table of emulated boards."""
    print("| model | board | build, s | flash | RAM | instructions | board equals reference |")
    print("| --- | --- | ---: | ---: | ---: | ---: | --- |")
    for model in models:
        for board in (board for board in BOARDS if board.emulator):
            compiled = compile_model(model, target=board.target)
            with tempfile.TemporaryDirectory(prefix="mcugen-") as name:
                project = Path(name) / "firmware"
                write_firmware(project, compiled, board, traced=True)
                start = time.monotonic()
                command = [*platformio_command(), "run", "-e", board.name, "-d", str(project)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                seconds = time.monotonic() - start
                if done.returncode != 0:
                    sys.exit(done.stdout + done.stderr)
                sizes = linked_sizes(project, board)
                with virtual_board(board, program_path(project, board)) as port, open_board(port) as link:
                    result = validate_on_board(compiled, link, proof_images(compiled.imported.input_tensor, _CASES, 0))
            assert sizes is not None
            exact = "bit-exact" if result.validation.bit_exact else "NO"
            print(
                f"| {model.stem} | {board.name} | {seconds:.1f} | {sizes.flash:,} | {sizes.ram:,} "
                f"| {result.cost.instructions:,} | {exact} |",
                flush=True,
            )


def linked(models: list[Path], local: Path | None) -> None:
    """The table of the boards of ST."""
    print("| board | model | flash | RAM | flash left | RAM left |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for board in STM32:
        candidates = [(model, compile_model(model, target=board.target)) for model in models]
        fitting = [(model, c, twin) for twin in (True, False) for model, c in candidates if _fits(c, board, twin)]
        if not fitting:
            print(f"| {board.name} | none of these fits | | | | |", flush=True)
            continue
        model, compiled, twin = fitting[0]
        with tempfile.TemporaryDirectory(prefix="mcugen-") as name:
            project = Path(name) / "firmware"
            write_firmware(project, compiled, board, traced=twin)
            if local is not None:
                shutil.copy(local, project / "platformio.local.ini")
            command = [*platformio_command(), "run", "-e", board.name, "-d", str(project)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                sys.exit(done.stdout + done.stderr)
            sizes = linked_sizes(project, board)
        assert sizes is not None
        left = (board.flash_bytes - sizes.flash, board.ram_bytes - sizes.ram)
        what = model.stem + ("" if twin else ", without its traced twin")
        print(f"| {board.name} | {what} | {sizes.flash:,} | {sizes.ram:,} | {left[0]:,} | {left[1]:,} |", flush=True)


def _fits(compiled: Compiled, board: Board, twin: bool) -> bool:
    needed = footprint(compiled, board)
    return needed.twin_fits if twin else needed.fits


def fits(models: list[Path]) -> None:
    """The table of real boards."""
    print("| board | flash, RAM | " + " | ".join(model.stem for model in models) + " |")
    print("| --- | ---: |" + " ---: |" * len(models))
    sizes = {}
    for board in (board for board in BOARDS if board.is_physical):
        cells = []
        for model in models:
            compiled = compile_model(model, target=board.target)
            if (model, board.target) not in sizes:
                flash = measure_flash(compiled.library)
                sizes[model, board.target] = flash.bytes if flash else compiled.library.constant_bytes
            ram = compiled.library.context_bytes
            answer = "yes" if footprint(compiled, board).fits else "no"
            cells.append(f"{answer}: {sizes[model, board.target] / 1024:.0f}, {ram / 1024:.1f}")
        of = f"{board.flash_bytes >> 10:,}, {board.ram_bytes >> 10:,}"
        print(f"| {board.name} | {of} | " + " | ".join(cells) + " |", flush=True)


def times(models: list[Path]) -> None:
    """The table of milliseconds: modelled cycles at the board's clock, and with what its memories make the core wait.

    A core without a model of cycles takes one an instruction.
    """
    boards = [board for board in BOARDS if board.memory_system is not None and find_target(board.target).machine]
    _print_by_board(boards, models, lambda t: f"{t.placed.milliseconds:.1f} → {t.placed.expected_milliseconds:.1f}")


def placed(models: list[Path]) -> None:
    """The table of placement: milliseconds with all constants and code in flash, and as the firmware places them."""
    boards = [board for board in BOARDS if board.placement != NOWHERE]

    def cell(time: _Time) -> str:
        in_flash, fast = time.in_flash.expected_milliseconds, time.placed.expected_milliseconds
        return f"{in_flash:.1f} → {fast:.1f}: {', '.join(time.parts) or 'nothing'}"

    _print_by_board(boards, models, cell)


def predicted(models: list[Path]) -> None:
    """The table of predictions: how far off milliseconds with wait states are."""
    boards = [board for board in BOARDS if board.memory_system is not None and find_target(board.target).machine]

    def cell(time: _Time) -> str:
        known = None if time.predicted is None else time.predicted.milliseconds_with_waits
        return "none" if known is None else f"{known / time.placed.expected_milliseconds - 1:+.1%}"

    _print_by_board(boards, models, cell)


@dataclass(frozen=True)
class _Time:
    """With all that is constant in flash, and with `parts` elsewhere; of the latter also the prediction."""

    in_flash: BoardTime
    placed: BoardTime
    parts: tuple[str, ...]
    predicted: BoardTime | None


def _print_by_board(boards: list[Board], models: list[Path], cell: Callable[[_Time], str]) -> None:
    cells: dict[str, list[str]] = {board.name: [] for board in boards}
    for model in models:
        for name in dict.fromkeys(board.target for board in boards):
            own = [board for board in boards if board.target == name]
            for board, taken in zip(own, _times(compile_model(model, target=name), own), strict=True):
                cells[board.name].append(cell(taken))
    print("| board | " + " | ".join(model.stem for model in models) + " |")
    print("| --- |" + " ---: |" * len(models))
    for board in boards:
        print(f"| {board.name} | " + " | ".join(cells[board.name]) + " |")


def _times(compiled: Compiled, boards: list[Board]) -> list[_Time]:
    """For boards with the core that it was compiled for."""
    places = [footprint(compiled, board).placed for board in boards]
    memories = [
        memory_with(board, where) for board, own in zip(boards, places, strict=True) for where in (NOWHERE, own)
    ]
    image = proof_images(compiled.imported.input_tensor, _CASES + 1, 0)[_CASES]
    with EmulatedLibrary(compiled.library, compiled.plan.target) as program:
        cycles = program.profile(image)[1] or program.run(image[None]).instructions
        stalls = stalls_by_stage(program, image, [memory for memory in memories if memory is not None])
    waits = [{stage: stall.waits for stage, stall in stages.items()} for stages in stalls]
    predictor = WaitPredictor(compiled)
    return [
        _Time(
            BoardTime(board, cycles, in_flash, "simulated"),
            BoardTime(board, cycles, fast, "simulated"),
            tuple(own.places),
            predictor.time(board),
        )
        for board, own, in_flash, fast in zip(boards, places, waits[::2], waits[1::2], strict=True)
    ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=("built", "linked", "fits", "time", "placed", "predicted"))
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--local", type=Path, metavar="FILE", help="linked: a platformio.local.ini for the project")
    arguments = parser.parse_args()
    if arguments.table == "linked":
        linked(arguments.models, arguments.local)
    else:
        tables = {"built": built, "fits": fits, "time": times, "placed": placed, "predicted": predicted}
        tables[arguments.table](arguments.models)


if __name__ == "__main__":
    main()
