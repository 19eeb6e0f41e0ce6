"""What `mcugen validate --on qemu` reports beside exactness: instructions, cycles, stack and flash, by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcugen.cli.console import thousands

if TYPE_CHECKING:
    from rich.table import Table

    from mcugen.compiler import Compiled
    from mcugen.validation import EmulatedCosts


def emulated_report(compiled: Compiled, costs: EmulatedCosts) -> dict[str, Any]:
    """Keys of the JSON report. ram_bytes is the context, the library's only RAM, and stack_bytes comes on top of it."""
    from mcugen.plan.macs import stage_macs

    stages = []
    for plan in compiled.plan.stages:
        stage = plan.stage
        cost = costs.stages.get(stage.index)
        stages.append(
            {
                "stage": stage.index,
                "layers": [op.name for op in stage.operators],
                "output": list(stage.output.shape),
                "macs": stage_macs(stage),
                "instructions": cost.instructions if cost else 0,
                "modelled_cycles": cost.cycles if cost else None,
            }
        )
    outside = costs.stages.get(-1)
    flash = costs.flash
    return {
        "instructions": costs.instructions,
        "modelled_cycles": costs.modelled_cycles,
        "instructions_outside_stages": outside.instructions if outside else 0,
        "stages": stages,
        "stack_bytes": costs.stack_bytes,
        "stack_bound_bytes": costs.stack_bound,
        "flash_bytes": flash.total,
        "flash": {"weights": flash.weights, "constants": flash.constants, "code": flash.code},
        "flash_measured_by": "the linked objects of the emulated build",
    }


def add_emulated_rows(table: Table, outcome: dict[str, Any]) -> None:
    """Rows of the summary."""
    from mcugen.targets import find_target

    macs = sum(stage["macs"] for stage in outcome["stages"])
    instructions = outcome["instructions"]
    table.add_row("instructions", f"{thousands(instructions)} executed, {instructions / max(macs, 1):.2f} a MAC")
    cycles = outcome["modelled_cycles"]
    if cycles is not None:
        table.add_row("cycles", f"{thousands(cycles)} modelled, {cycles / max(macs, 1):.2f} a MAC, no wait states")
    stand_in = find_target(outcome["target"]).stand_in
    if stand_in:
        table.add_row("", f"of {stand_in}")
    bound = outcome["stack_bound_bytes"]
    limit = f", at most {thousands(bound)} by the machine code" if bound is not None else ""
    table.add_row("stack", f"{thousands(outcome['stack_bytes'])} bytes measured{limit}")
    flash = outcome["flash"]
    parts = ", ".join(f"{name} {thousands(flash[name])}" for name in ("weights", "constants", "code"))
    table.add_row("flash", f"{thousands(outcome['flash_bytes'])} bytes: {parts}")


def stage_table(outcome: dict[str, Any]) -> Table:
    """Instructions and cycles by stage."""
    from rich.table import Table

    from mcugen.text import terminal_text

    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("stage", "output", "MACs", "instructions", "a MAC", "cycles"):
        table.add_column(heading, justify="right")
    table.add_column("layers")
    for stage in outcome["stages"]:
        macs = stage["macs"]
        table.add_row(
            str(stage["stage"]),
            "x".join(map(str, stage["output"])),
            thousands(macs),
            thousands(stage["instructions"]),
            f"{stage['instructions'] / macs:.2f}" if macs else "",
            thousands(stage["modelled_cycles"]) if stage["modelled_cycles"] is not None else "",
            terminal_text(" + ".join(stage["layers"])),
        )
    return table
