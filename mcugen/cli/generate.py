"""mcugen generate: writes the C library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcugen.cli.bands import RowsPerPass, chosen_bands
from mcugen.cli.budgets import MaxCycles, MaxFlash, MaxMs, MaxRam, board_with_clock, end_over_budget
from mcugen.cli.camera import CameraText, Crop, Mirror, ResizeBy, ResizeOption, Rotate, camera_line, chosen_camera
from mcugen.cli.console import emit, output_console, progress_bar, thousands
from mcugen.cli.detection import detector_line
from mcugen.cli.errors import warn
from mcugen.cli.options import (
    BoardOfTarget,
    Detect,
    ExternalData,
    Json,
    LibraryName,
    Model,
    NoFold,
    OutputRows,
    Pixels,
    Report,
    ResidentImage,
    SelfTests,
    TargetName,
    Vectors,
    chosen_target,
)
from mcugen.cli.self_tests import own_tests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcugen.analysis import Analysis
    from mcugen.compiler import Compiled
    from mcugen.schemas.generate import GenerateOutput


def generate(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Directory to write the library to.")],
    target: TargetName = None,
    board: BoardOfTarget = None,
    name: LibraryName = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Write into a directory that holds other things; files of the same names are replaced."
        ),
    ] = False,
    max_ram: MaxRam = None,
    max_flash: MaxFlash = None,
    max_cycles: MaxCycles = None,
    max_ms: MaxMs = None,
    no_fold_constant_channels: NoFold = False,
    resident_image: ResidentImage = False,
    rows_per_pass: RowsPerPass = None,
    output_rows: OutputRows = False,
    detect: Detect = None,
    external_data: ExternalData = False,
    pixels: Pixels = None,
    camera: CameraText = None,
    crop: Crop = "center",
    resize: ResizeOption = ResizeBy.AREA,
    rotate: Rotate = 0,
    mirror: Mirror = False,
    micropython: Annotated[
        bool,
        typer.Option("--micropython", help="Add a Python module for MicroPython: firmware module and native .mpy."),
    ] = False,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels", metavar="FILE", help="Names of the classes, one a line, where the model's file has none."
        ),
    ] = None,
    vectors: Vectors = None,
    self_tests: SelfTests = None,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Write a model as a self-contained C99 library for any compiler, PlatformIO, Arduino, CMake, ESP-IDF and Zephyr.

    The directory is written whole or not at all; one that mcugen wrote before is updated. Over a budget (exit code 3)
    nothing is written.

    Example: mcugen generate vww.tflite -o lib/vww --name vww --target cortex-m4

    Example: mcugen generate vww.tflite -o lib/vww --board nucleo_f446re

    Example: mcugen generate vww.tflite -o lib/vww --camera rgb565be:320x240

    Example: mcugen generate birds.onnx -o lib/birds --pixels imagenet

    Example: mcugen generate vww.tflite -o lib/vww --vectors photos --self-tests 2
    """
    from mcugen.analysis import analyze
    from mcugen.budget import Budgets, overruns
    from mcugen.compiler import compile_model
    from mcugen.output import write_directory

    with progress_bar() as progress:
        progress("compiling", 0, 0)
        compiled = compile_model(
            model,
            target=chosen_target(target, board, "generic"),
            name=name,
            fold_constants=not no_fold_constant_channels,
            resident_image=resident_image,
            bands=chosen_bands(rows_per_pass, board, max_ram),
            output_rows=output_rows,
            detect=detect,
            micropython=micropython,
            external_data=external_data,
            pixels=pixels,
            camera=chosen_camera(camera, crop, resize, rotate, mirror),
            labels=None if labels is None else _read_labels(labels),
        )
        tested = own_tests(compiled, vectors, self_tests)
        compiled = tested.compiled
        costs = analyze(compiled)
        budgets = Budgets(max_ram, max_flash, max_cycles, max_ms)
        over = overruns(compiled, costs, budgets, board_with_clock(board))
        if not over:
            progress("writing", 0, 0)
            files = compiled.files()
            write_directory(output, files, force=force)
    end_over_budget(over)
    record = _report(compiled, costs, output, sorted(files), tested.warnings)
    emit(record, lambda: _show(compiled, costs, output, len(files), tested.line), as_json=as_json, file=report)
    if not as_json:
        warn(record.warnings)


def _read_labels(path: Path) -> list[str]:
    from mcugen.diagnostics import McugenError

    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise McugenError(f"{path}: not text in UTF-8", "labels are names of classes, one a line") from error
    return [line.strip() for line in lines if line.strip()]


def _report(
    compiled: Compiled, costs: Analysis, output: Path, files: list[str], warnings: Sequence[str]
) -> GenerateOutput:
    from msgspec import UNSET

    from mcugen.accuracy import input_warnings
    from mcugen.codegen.detection import detector_bytes
    from mcugen.codegen.test_vectors import vector_bytes, vectors_kept
    from mcugen.schemas.generate import GenerateOutput

    detector = compiled.library.detector
    return GenerateOutput(
        name=compiled.library.name,
        target=compiled.plan.target.name,
        directory=str(output),
        files=tuple(files),
        ram_bytes=costs.ram_bytes,
        flash_bytes=costs.flash_bytes,
        self_tests=vectors_kept(compiled.imported, compiled.self_test),
        self_test_bytes=vector_bytes(compiled.imported, compiled.self_test),
        warnings=(*input_warnings(compiled.imported, None), *warnings),
        detector_bytes=UNSET if detector is None else detector_bytes(detector),
    )


def _show(compiled: Compiled, costs: Analysis, output: Path, files: int, tested: str) -> None:
    from mcugen.text import terminal_text

    console = output_console()
    name = compiled.library.name
    console.print(
        f"[bold]{terminal_text(str(output))}[/]: {files} files for {compiled.plan.target.name}, start with {name}.h"
    )
    console.print(f"RAM {thousands(costs.ram_bytes)} bytes, flash about {thousands(costs.flash_bytes)} bytes")
    for line in filter(None, (camera_line(compiled), detector_line(compiled), tested)):
        console.print(line)
