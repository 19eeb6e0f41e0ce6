"""What mcugen validate tells of code that was compiled here, for the host or for an emulated core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcugen.cli.builds import BuildsReport, add_build_rows, show_suspicion
from mcugen.cli.camera import add_camera_row
from mcugen.cli.console import counted, output_console, thousands
from mcugen.cli.detection import add_detection_row
from mcugen.cli.emulated import add_emulated_rows, counted_stages, stage_table

if TYPE_CHECKING:
    from mcugen.compiler import Compiled
    from mcugen.schemas.validate import ValidateOutput
    from mcugen.simulate.size import FlashSize
    from mcugen.targets.boards import Board
    from mcugen.validation import EmulatedCosts, Validation


def outcome_of(
    compiled: Compiled, result: Validation, builds: BuildsReport, flash: FlashSize | None, max_lsb: int | None
) -> ValidateOutput:
    """What the comparison found, as JSON has it. max_lsb: how far outputs may be from those of the vectors."""
    from mcugen.codegen.code_size import estimate_code_bytes
    from mcugen.schemas.validate import ValidateOutput

    library, compared = compiled.library, result.vectors
    passed = result.bit_exact and result.context_bytes == library.context_bytes
    of_vectors: dict[str, Any]
    if compiled.imported.source_format == "tflite":
        of_vectors = {"vectors_match": compared.exact if compared else None}
        passed = passed and (compared is None or compared.exact)
    else:
        names = ("max_lsb", "argmax_equal", "argmax_agreement", "values_equal")
        of_vectors = {f"vectors_{name}": getattr(compared, name) if compared else None for name in names}
    if max_lsb is not None and compared is not None:
        passed = passed and compared.max_lsb <= max_lsb
    return ValidateOutput(
        model=compiled.model_file,
        target=compiled.plan.target.name,
        bit_exact=result.bit_exact,
        cases=result.cases,
        layers_compared=result.layers.compared,
        layers_skipped=len(result.layers.skipped),
        skipped=result.layers.skipped,
        first_mismatch=result.mismatch,
        ram_bytes=result.context_bytes,
        ram_as_planned=result.context_bytes == library.context_bytes,
        flash_bytes=flash.bytes if flash else library.constant_bytes + estimate_code_bytes(library),
        flash_measured_by=flash.command if flash else None,
        passed=passed,
        builds=builds.builds,
        compiler_suspect=builds.compiler_suspect,
        advice=builds.advice,
        not_tried=builds.not_tried,
        **of_vectors,
    )


def show_outcome(
    compiled: Compiled,
    result: Validation,
    outcome: ValidateOutput,
    costs: EmulatedCosts | None,
    board: Board | None = None,
) -> None:
    """The same as a table, with the costs of an emulated core."""
    from rich.table import Table

    from mcugen.plan.macs import graph_macs
    from mcugen.text import terminal_text

    console = output_console()
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    layers = f"{counted(result.layers.compared, 'layer')} x {counted(result.cases, 'case')}"
    if result.layers.skipped:
        layers += f" ({len(result.layers.skipped)} that only move data are not in the C code)"
    table.add_row("compared", layers)
    table.add_row("C equals reference", "[green]bit-exact[/]" if result.bit_exact else "[red]no[/]")
    if result.mismatch is not None:
        found = result.mismatch
        case, y, x, channel = found.index
        compiled_by = terminal_text(found.compiled_by)
        where = f"{terminal_text(found.layer)}, case {case}, y {y}, x {x}, channel {channel}"
        table.add_row(
            "first mismatch",
            f"{where}: expected {found.expected}, got {found.got} ({found.build} build, {compiled_by})",
        )
    add_build_rows(table, outcome)
    if result.vectors is not None:
        vectors = result.vectors
        verdict = (
            "[green]equal[/]"
            if vectors.exact
            else f"up to {vectors.max_lsb} LSB apart, {vectors.values_equal:.1%} equal"
        )
        argmax = "" if vectors.exact else f", same class in {vectors.argmax_agreement:.1%}"
        table.add_row("given outputs", verdict + argmax)
    add_detection_row(table, outcome)
    add_camera_row(table, outcome)
    ram = thousands(result.context_bytes)
    stages = counted_stages(compiled, costs) if costs is not None else ()
    table.add_row("RAM", f"{ram} bytes" if outcome.ram_as_planned else f"[red]{ram} bytes, not as planned[/]")
    if costs is None:
        measured = outcome.flash_measured_by
        table.add_row(
            "flash", f"{thousands(outcome.flash_bytes)} bytes ({f'by {measured}' if measured else 'estimated'})"
        )
    else:
        add_emulated_rows(table, costs, graph_macs(compiled.imported), compiled.plan.target, board)
    console.print(f"[bold]{terminal_text(compiled.imported.name)}[/] for {compiled.plan.target.name}")
    console.print(table)
    if outcome.compiler_suspect:
        show_suspicion(console, outcome.advice)
    if costs is not None:
        console.print(stage_table(stages))
