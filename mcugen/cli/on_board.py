"""What `mcugen validate --on serial:PORT` and `mcugen flash` report of a board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcugen.cli.builds import builds_report
from mcugen.cli.console import counted, output_console, thousands

if TYPE_CHECKING:
    from pathlib import Path

    from mcugen.compiler import Compiled
    from mcugen.schemas.validate import BoardValidationOutput
    from mcugen.validation.on_board import BoardValidation


def validate_over_serial(
    model: Path,
    vectors: Path | None,
    target: str | None,
    options: dict[str, Any],
    line: tuple[str, int, float],
    images: tuple[int, int],
) -> BoardValidationOutput:
    """The report of a run on the board at a port. options: for compile_model. line: the port, its speed in baud, the
    seconds to wait. images: how many to make, and the seed.

    Raises McugenError: the board holds something else, or LinkError.
    """
    from mcugen.cli.console import progress_bar
    from mcugen.compiler import compile_model
    from mcugen.diagnostics import McugenError
    from mcugen.frontend import load_model
    from mcugen.inputs import proof_images
    from mcugen.link import open_board
    from mcugen.targets import find_target
    from mcugen.validation import load_vectors
    from mcugen.validation.on_board import check_model, validate_on_board

    port, baud, timeout_s = line
    with progress_bar() as progress:
        progress("reading the model", 0, 0)
        imported = load_model(model, external_data=options["external_data"])
        if target is not None:
            find_target(target)
        progress("looking for the board", 0, 0)
        with open_board(port, baud=baud, timeout_s=timeout_s) as link:
            check_model(link.model, imported.source_sha256, model.name)
            if target not in (None, link.model.target):
                raise McugenError(f"the board's code is for {link.model.target}, not {target}", "leave --target out")
            # The library's own name on the board, unless another one was asked for.
            chosen = options | {"name": options["name"] or link.model.name}
            compiled = compile_model(model, target=link.model.target, **chosen)
            given = load_vectors(vectors, compiled.imported) if vectors is not None else None
            made = proof_images(compiled.imported.input_tensor, *images)
            result = validate_on_board(compiled, link, made, vectors=given, progress=progress)
    return board_report(compiled, result)


def board_report(compiled: Compiled, result: BoardValidation) -> BoardValidationOutput:
    """The report of a run."""
    from mcugen.codegen.test_frames import frames_kept
    from mcugen.schemas.validate import BoardValidationOutput

    found = result.validation
    passed_tests, tests = result.self_tests
    exact_source = compiled.imported.source_format == "tflite"
    vectors = found.vectors
    ram_as_planned = found.context_bytes == compiled.library.context_bytes
    passed = found.bit_exact and passed_tests == tests and ram_as_planned
    if exact_source and vectors is not None:
        passed = passed and vectors.exact
    builds = builds_report(found.builds, compiled.plan.target, "", on_core=True)
    return BoardValidationOutput(
        model=compiled.model_file,
        target=compiled.plan.target.name,
        board=result.board,
        bit_exact=found.bit_exact,
        cases=found.cases,
        layers_compared=found.layers.compared,
        every_layer=result.traced,
        self_tests=tests,
        self_tests_passed=passed_tests,
        self_test_frames=frames_kept(compiled.imported),
        first_mismatch=found.mismatch,
        builds=builds.builds,
        compiler_suspect=builds.compiler_suspect,
        advice=builds.advice,
        not_tried=builds.not_tried,
        vectors_max_lsb=vectors.max_lsb if vectors else None,
        ram_bytes=found.context_bytes,
        ram_as_planned=ram_as_planned,
        frames_repeated=result.repeated,
        cycles=result.cost.cycles,
        instructions=result.cost.instructions,
        milliseconds=result.cost.milliseconds,
        stack_bytes=result.cost.stack_bytes,
        passed=passed,
    )


def show_on_board(record: BoardValidationOutput) -> None:
    """The report for people."""
    from rich.table import Table

    from mcugen.text import terminal_text

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    what = counted(record.layers_compared, "layer") if record.every_layer else "outputs"
    table.add_row("compared", f"{what} x {counted(record.cases, 'case')}, on {terminal_text(record.board)}")
    table.add_row("board equals reference", "[green]bit-exact[/]" if record.bit_exact else "[red]no[/]")
    found = record.first_mismatch
    if found is not None:
        case, y, x, channel = found.index
        where = f"{terminal_text(found.layer)}, case {case}, y {y}, x {x}, channel {channel}"
        got = f"expected {found.expected}, got {found.got} ({found.build} build)"
        table.add_row("first mismatch", f"{where}: {got}")
    frames = f", {record.self_test_frames} of them frames of the camera" if record.self_test_frames else ""
    table.add_row("self-tests", f"{record.self_tests_passed} of {record.self_tests} passed{frames}")
    if record.vectors_max_lsb is not None:
        far = record.vectors_max_lsb
        table.add_row("given outputs", "[green]equal[/]" if far == 0 else f"up to {far} LSB apart")
    if record.cycles is not None:
        table.add_row("cycles", f"{thousands(record.cycles)} by the core's counter")
    if record.instructions is not None:
        table.add_row("instructions", f"{thousands(record.instructions)} executed in the emulator")
    if record.milliseconds is not None:
        table.add_row("time", f"{record.milliseconds:.2f} ms")
    if record.stack_bytes is not None:
        table.add_row("stack", f"{thousands(record.stack_bytes)} bytes measured")
    ram = f"{thousands(record.ram_bytes)} bytes"
    table.add_row("RAM", ram if record.ram_as_planned else f"[red]{ram}, not as planned[/]")
    if record.frames_repeated:
        again = counted(record.frames_repeated, "time")
        table.add_row("line", f"requests and images had to be sent again, {again}")
    console = output_console()
    console.print(table)
    if record.compiler_suspect:
        console.print(
            "[red]The C compiler is suspect[/]: the traced and the shipped build differ. "
            f"`mcugen validate MODEL --target {record.target} --on qemu` tries the same code without the board."
        )
