"""Budgets of RAM, flash and time: by how much a model is over, and which layer binds."""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.analysis import Analysis
from mcugen.compiler import Compiled
from mcugen.diagnostics import McugenError
from mcugen.plan.plan import StagePlan
from mcugen.targets.boards import Board
from mcugen.waiting import BoardTime, WaitPredictor


@dataclass(frozen=True)
class Budgets:
    """Limits, None for none. ram, flash: bytes. cycles, milliseconds: of one inference."""

    ram: int | None = None
    flash: int | None = None
    cycles: int | None = None
    milliseconds: float | None = None


def overruns(compiled: Compiled, costs: Analysis, budgets: Budgets, board: Board | None = None) -> list[str]:
    """A line for each budget that is exceeded, RAM first: by how much, and which layer binds.

    board: whose clock and memories turn cycles into milliseconds. Raises McugenError if there is a budget of time, and
    the time is not known.
    """
    prediction = costs.prediction
    cycles = prediction.cycles if prediction is not None else None
    by_layer = {name: cost[1] or 0 for name, cost in prediction.layers.items()} if prediction is not None else {}
    if prediction is not None and compiled.imported.camera is not None:
        by_layer["the camera path"] = prediction.camera[1] or 0
    busiest = max(by_layer, key=lambda name: by_layer[name], default="")
    taken = Taken(compiled.plan.target.name, cycles, busiest, compiled)
    return [*_memory_overruns(compiled, costs, budgets), *time_overruns(taken, budgets, board)]


@dataclass(frozen=True, eq=False)
class Taken:
    """The time that code for a target takes. cycles: modelled, None where they are not known. busiest: the layer that
    takes most of them, "" if unknown. compiled: by which waits for memories are predicted, None for a manifest."""

    target: str
    cycles: int | None
    busiest: str
    compiled: Compiled | None


def time_overruns(taken: Taken, budgets: Budgets, board: Board | None) -> list[str]:
    """A line for each budget of time that an inference exceeds. Raises McugenError if its time is not known."""
    if budgets.cycles is None and budgets.milliseconds is None:
        return []
    cycles = taken.cycles
    if cycles is None:
        raise McugenError(
            f"cycles of {taken.target} are not predicted",
            "--max-cycles and --max-ms need a core with a timing model, such as cortex-m4: --target or --board",
        )
    found, why = [], f"; {taken.busiest} takes the most" if taken.busiest else ""
    if budgets.cycles is not None and cycles > budgets.cycles:
        over = cycles - budgets.cycles
        found.append(f"cycles: {cycles:,} are {over:,} over the budget of {budgets.cycles:,}{why}")
    if budgets.milliseconds is not None:
        time = _board_time(taken, cycles, board)
        expected = time.expected_milliseconds
        if expected > budgets.milliseconds:
            over_ms = expected - budgets.milliseconds
            waits = "without wait states" if time.waits is None else "with wait states"
            where = f"{waits} at the {time.board.clock_hz / 1e6:g} MHz of {time.board.name}"
            found.append(
                f"time: {expected:.4g} ms {where} are {over_ms:.3g} over the budget of {budgets.milliseconds:g}{why}"
            )
    return found


def _board_time(taken: Taken, cycles: int, board: Board | None) -> BoardTime:
    if board is None or not board.clock_hz:
        raise McugenError("--max-ms needs a clock", "name a board that has one in `mcugen boards`: --board NAME")
    if board.target != taken.target:
        of_board = f"the clock of {board.name}, a {board.target}"
        raise McugenError(f"--max-ms is by {of_board}, and the code for {taken.target}")
    predicted = WaitPredictor(taken.compiled).time(board) if taken.compiled is not None else None
    return predicted or BoardTime(board, cycles, None, "predicted")


def _memory_overruns(compiled: Compiled, costs: Analysis, budgets: Budgets) -> list[str]:
    found = []
    if budgets.ram is not None and costs.ram_bytes > budgets.ram:
        peak = costs.peak
        layer = "the image's rows" if peak.stage is None else stage_name(compiled.plan.stages[peak.stage])
        largest = ", ".join(f"{name} {size:,}" for name, size in costs.peak_items[:2])
        reason = f"{peak.bytes:,} bytes are alive when it writes row {peak.row} ({largest})"
        found.append(_over("RAM", costs.ram_bytes, budgets.ram, f"{layer} binds: {reason}"))
    if budgets.flash is not None and costs.flash_bytes > budgets.flash:
        heaviest = costs.heaviest
        reason = f"it has the most weights, {heaviest.live_parameters:,}"
        found.append(_over("flash", costs.flash_bytes, budgets.flash, f"{heaviest.name} binds: {reason}"))
    return found


def _over(kind: str, needed: int, allowed: int, why: str) -> str:
    return f"{kind}: {needed:,} bytes are {needed - allowed:,} over the budget of {allowed:,}; {why}"


def stage_name(planned: StagePlan) -> str:
    """The names of a stage's layers."""
    return " + ".join(op.name for op in planned.stage.operators)
