"""Which boards the model fits, each compiled for the board's own core."""

from __future__ import annotations

from collections.abc import Callable

from mcugen.compiler import Compiled, compile_model
from mcugen.firmware.footprint import footprint
from mcugen.plan.prediction import predict
from mcugen.schemas.report.document import BoardFit
from mcugen.targets.boards import BOARDS

Progress = Callable[[str, int, int], None]


def board_views(compiled: Compiled, *, fold_constants: bool, progress: Progress) -> list[BoardFit]:
    """One entry a physical board, in the order of `mcugen boards`.

    flash_bytes, ram_bytes: needed by the firmware with this model; flash_has, ram_has: what the board has.
    modelled_cycles: null where the core has no cycle model.
    """
    boards = [board for board in BOARDS if board.is_physical]
    plans = {compiled.plan.target.name: compiled}
    names = list(dict.fromkeys(board.target for board in boards))
    for number, name in enumerate(names):
        progress("compiling for every core", number, len(names))
        if name not in plans:
            plans[name] = compile_model(
                compiled.imported, target=name, fold_constants=fold_constants, resident_image=compiled.plan.resident
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
                flash_bytes=needs.flash,
                flash_has=board.flash_bytes,
                ram_bytes=needs.ram,
                ram_has=board.ram_bytes,
                fits=needs.fits,
                modelled_cycles=cycles,
                milliseconds=1000 * cycles / board.clock_hz if cycles is not None else None,
            )
        )
    return found
