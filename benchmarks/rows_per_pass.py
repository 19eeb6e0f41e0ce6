"""Prints what `--rows-per-pass auto` brings on boards whose flash is slow, by the model of their memories.

    python benchmarks/rows_per_pass.py BOARD,... MODEL...

For each model and board: row by row, in bands that take no more RAM, and in those that 8 KiB more allow. Milliseconds
are modelled cycles with what the memories add; a core without a model of cycles takes one an instruction. Weights from
flash are bytes of lines that the caches fetched for them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mcugen.compiler import compile_model
from mcugen.inputs import proof_images
from mcugen.plan.bands import BandOptions
from mcugen.simulate.board_time import stalls_by_stage
from mcugen.simulate.emulator import Stalls
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets.boards import find_board

_MORE_BYTES = 8 << 10


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("boards", type=lambda text: text.split(","))
    parser.add_argument("models", nargs="+", type=Path)
    arguments = parser.parse_args()
    print("| model | board | rows | RAM | instructions | weights from flash | ms |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: |")
    for model in arguments.models:
        for name in arguments.boards:
            _rows(model, name)


def _rows(model: Path, name: str) -> None:
    """The three lines of a model on a board."""
    board = find_board(name)
    memory = board.memory_system
    if memory is None or memory.constant_cache is None:
        raise SystemExit(f"{name}: no cache for weights is known of it")
    ram = 0
    for what in ("one by one", "in bands", "in bands, 8 KiB more"):
        more = ram + _MORE_BYTES if what.endswith("more") else None
        bands = None if what == "one by one" else BandOptions(ram_bytes=more, memory=memory)
        compiled = compile_model(model, target=board.target, bands=bands)
        ram = ram or compiled.ram_bytes
        image = proof_images(compiled.imported.input_tensor, 1, 0)[0]
        with EmulatedLibrary(compiled.library, compiled.plan.target) as program:
            instructions = program.run(image[None]).instructions
            cycles = program.profile(image)[1] or instructions
            (stages,) = stalls_by_stage(program, image, [memory])
        waits = sum(stages.values(), Stalls()).waits
        fetched = waits.weights // memory.fill_cycles * memory.constant_cache.line_bytes
        taken = 1000 * (cycles + waits.cycles) / board.clock_hz
        cells = (f"{compiled.ram_bytes:,}", f"{instructions / 1e6:.2f} M", f"{fetched / 1024:,.0f} KiB", f"{taken:.1f}")
        print(f"| {model.stem} | {name} | {what} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
