"""Which boards the model fits, each compiled for the board's own core."""

from __future__ import annotations

from collections.abc import Callable

from mcugen.codegen.stack_size import estimate_stack_bytes
from mcugen.compiler import Compiled, compile_model
from mcugen.firmware.footprint import footprint
from mcugen.plan.prediction import predict
from mcugen.schemas.report.document import BoardFit
from mcugen.targets.boards import BOARDS

Progress = Callable[[str, int, int], None]


def board_views(compiled: Compiled, *, fold_constants: bool, progress: Progress) -> list[BoardFit]:
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
    found = []
    for board in boards:
        own = plans[board.target]
        needs = footprint(own, board)
        prediction = predict(own.plan)
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
                milliseconds=1000 * cycles / board.clock_hz if cycles is not None else None,
            )
        )
    return found
