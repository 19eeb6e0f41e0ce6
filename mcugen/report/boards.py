"""Which boards the model fits, each compiled for the board's own core."""

from __future__ import annotations

from collections.abc import Callable

from mcugen.codegen.stack_size import estimate_stack_bytes
from mcugen.compiler import Compiled, compile_model
from mcugen.firmware.footprint import footprint
from mcugen.schemas.report.document import BoardFit
from mcugen.targets.boards import BOARDS
from mcugen.waiting import WaitPredictor
from mcugen.waiting.board_time import wait_cycles

Progress = Callable[[str, int, int], None]


def board_records(compiled: Compiled, *, fold_constants: bool, progress: Progress) -> list[BoardFit]:
    """One entry a physical board, in the order of `mcugen boards`.

    Sizes are the library's in a program of somebody's own, and those of the firmware of `mcugen flash` beside them.
    """
    boards = [board for board in BOARDS if board.is_physical]
    plans = {compiled.plan.target.name: compiled}
    names = list(dict.fromkeys(board.target for board in boards))
    for number, name in enumerate(names):
        progress("compiling for every core", number, len(names))
        if name not in plans:
            plans[name] = compile_model(
                compiled.imported,
                target=name,
                fold_constants=fold_constants,
                resident_image=compiled.plan.resident,
                output_rows=compiled.library.by_rows,
            )
    predictors = {name: WaitPredictor(own) for name, own in plans.items()}
    found = []
    for board in boards:
        own = plans[board.target]
        needs = footprint(own, board)
        time = predictors[board.target].time(board)
        prediction = predictors[board.target].prediction
        cycles = prediction.cycles if prediction else None
        found.append(
            BoardFit(
                name=board.name,
                title=board.title,
                core=board.core,
                target=board.target,
                clock_hz=board.clock_hz,
                flash_bytes=needs.library_flash,
                ram_bytes=own.library.context_bytes,
                stack_bytes=estimate_stack_bytes(own.library),
                board_flash_bytes=board.flash_bytes,
                board_ram_bytes=board.ram_bytes,
                fits=needs.library_fits,
                firmware_flash_bytes=needs.flash,
                firmware_ram_bytes=needs.ram,
                firmware_fits=needs.fits,
                modelled_cycles=cycles,
                milliseconds=None if time is None else time.milliseconds,
                milliseconds_with_waits=None if time is None else time.milliseconds_with_waits,
                waits=None if time is None or time.waits is None else wait_cycles(time.waits),
            )
        )
    return found
