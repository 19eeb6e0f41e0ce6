"""What `mcugen validate --on qemu` reports beside exactness: instructions, cycles, stack and flash, by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcugen.cli.board_time import time_rows
from mcugen.cli.console import thousands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from mcugen.compiler import Compiled
    from mcugen.schemas.validate import CountedStage, ValidateOutput
    from mcugen.targets import Target
    from mcugen.targets.boards import Board
    from mcugen.validation import EmulatedCosts
    from mcugen.waiting import BoardTime


def with_emulated_costs(
    outcome: ValidateOutput, compiled: Compiled, costs: EmulatedCosts, board: Board | None
) -> ValidateOutput:
    """The outcome with what the emulator counted, and flash as it was linked; with a board its time."""
    import msgspec
    from msgspec import UNSET

    from mcugen.schemas.validate import LinkedFlash

    outside = costs.stages.get(-1)
    flash = costs.flash
    return msgspec.structs.replace(
        outcome,
        instructions=costs.instructions,
        modelled_cycles=costs.modelled_cycles,
        instructions_outside_stages=outside.instructions if outside else 0,
        stages=counted_stages(compiled, costs),
        stack_bytes=costs.stack_bytes,
        stack_bound_bytes=costs.stack_bound,
        flash_bytes=flash.total,
        flash=LinkedFlash(flash.weights, flash.weights + flash.constants, flash.code),
        flash_measured_by="the linked objects of the emulated build",
        board_time=UNSET if board is None or not board.clock_hz else simulated_time(costs, board).record(),
    )


def simulated_time(costs: EmulatedCosts, board: Board) -> BoardTime:
    """Of one inference on a board with a clock; a core without a timing table takes a cycle an instruction."""
    from mcugen.waiting import BoardTime

    cycles = costs.instructions if costs.modelled_cycles is None else costs.modelled_cycles
    return BoardTime(board, cycles, costs.waits, "simulated")


def counted_stages(compiled: Compiled, costs: EmulatedCosts) -> tuple[CountedStage, ...]:
    """All stages, also those that the emulator did not see."""
    from mcugen.plan.live import live_macs
    from mcugen.plan.macs import trained_macs
    from mcugen.schemas.validate import CountedStage
    from mcugen.targets.memory import Waits
    from mcugen.waiting.board_time import wait_cycles

    found = []
    for plan in compiled.plan.stages:
        stage = plan.stage
        cost = costs.stages.get(stage.index)
        found.append(
            CountedStage(
                stage=stage.index,
                layers=tuple(op.name for op in stage.operators),
                output=stage.output.shape,
                macs=trained_macs(stage, compiled.imported),
                live_macs=sum(live_macs(op, compiled.optimized) for op in stage.operators),
                instructions=cost.instructions if cost else 0,
                modelled_cycles=cost.cycles if cost else None,
                waits=None if costs.waits is None else wait_cycles(costs.waits.get(stage.index, Waits())),
            )
        )
    return tuple(found)


def add_emulated_rows(table: Table, costs: EmulatedCosts, macs: int, target: Target, board: Board | None) -> None:
    """Rows of the summary. macs: of the network as trained, the denominator of all figures a MAC. board: if any was
    named."""
    macs = max(macs, 1)
    instructions = costs.instructions
    table.add_row("instructions", f"{thousands(instructions)} executed, {instructions / macs:.2f} a MAC")
    cycles = costs.modelled_cycles
    if cycles is not None:
        table.add_row("cycles", f"{thousands(cycles)} modelled, {cycles / macs:.2f} a MAC, no wait states")
    if target.stand_in:
        table.add_row("", f"of {target.stand_in}")
    if board is not None and board.clock_hz:
        for name, figure, remark in time_rows(simulated_time(costs, board)):
            table.add_row(name, f"{figure}{':' if name == 'waits' else ''} {remark}".strip())
    bound = costs.stack_bound
    limit = f", at most {thousands(bound)} by the machine code" if bound is not None else ""
    table.add_row("stack", f"{thousands(costs.stack_bytes)} bytes measured{limit}")
    flash = costs.flash
    constants = f"constants {thousands(flash.weights + flash.constants)} (weights {thousands(flash.weights)})"
    table.add_row("flash", f"{thousands(flash.total)} bytes: {constants}, code {thousands(flash.code)}")


def stage_table(stages: Sequence[CountedStage]) -> Table:
    """Instructions and cycles by stage, and what it waits for a board's memories."""
    from rich.table import Table

    from mcugen.text import terminal_text

    table = Table(box=None, padding=(0, 2, 0, 0))
    waiting = any(stage.waits is not None for stage in stages)
    for heading in ("stage", "output", "MACs", "instructions", "a MAC", "cycles", *["waits"] * waiting):
        table.add_column(heading, justify="right")
    table.add_column("layers")
    for stage in stages:
        macs = stage.macs
        table.add_row(
            str(stage.stage),
            "x".join(map(str, stage.output)),
            thousands(macs),
            thousands(stage.instructions),
            f"{stage.instructions / macs:.2f}" if macs else "",
            thousands(stage.modelled_cycles) if stage.modelled_cycles is not None else "",
            *([thousands(stage.waits.wait_cycles)] if stage.waits is not None else []),
            terminal_text(" + ".join(stage.layers)),
        )
    return table
