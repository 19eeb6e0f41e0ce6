"""mcugen new: a PlatformIO project for an application of one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcugen.cli.camera import CameraText, Crop, Mirror, ResizeBy, ResizeOption, Rotate, camera_line, chosen_camera
from mcugen.cli.console import emit, output_console, progress_bar
from mcugen.cli.errors import OVER_BUDGET, complain, warn
from mcugen.cli.flash import BoardName
from mcugen.cli.options import (
    ExternalData,
    Json,
    LibraryName,
    NoFold,
    Pixels,
    Report,
    ResidentImage,
    SelfTests,
    Vectors,
)
from mcugen.cli.self_tests import own_tests

if TYPE_CHECKING:
    from mcugen.compiler import Compiled
    from mcugen.firmware.footprint import Footprint
    from mcugen.schemas.new import NewOutput


def new(
    directory: Annotated[Path, typer.Argument(help="Directory of the project; it must not exist yet, or be empty.")],
    model: Annotated[Path, typer.Option("--model", metavar="MODEL", help="A .tflite or a QDQ-quantized .onnx file.")],
    board: BoardName,
    name: LibraryName = None,
    no_fold_constant_channels: NoFold = False,
    external_data: ExternalData = False,
    pixels: Pixels = None,
    camera: CameraText = None,
    crop: Crop = "center",
    resize: ResizeOption = ResizeBy.AREA,
    rotate: Rotate = 0,
    mirror: Mirror = False,
    resident_image: ResidentImage = False,
    vectors: Vectors = None,
    self_tests: SelfTests = None,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Make a complete PlatformIO project for a board: the network, a program that classifies frames, a README.

    With --camera the rows are those of the board's own camera, where a program for one is known, and the library
    crops, resizes and converts them.

    A model that does not fit the board is refused (exit code 3), with what would fit. Nothing is ever overwritten:
    the project is yours once it is written.

    Example: mcugen new doorbell --model vww.tflite --board nucleo_f446re

    Example: mcugen new doorbell --model vww.tflite --board esp32cam --camera rgb565be:320x240
    """
    from mcugen.accuracy import input_warnings
    from mcugen.codegen.test_vectors import vector_bytes, vectors_kept
    from mcugen.compiler import compile_model
    from mcugen.diagnostics import McugenError
    from mcugen.firmware.application import application_files
    from mcugen.firmware.footprint import footprint, refusal
    from mcugen.firmware.project import require_firmware
    from mcugen.output import write_directory
    from mcugen.reference.pixels import pixel_table
    from mcugen.schemas.new import NewOutput
    from mcugen.targets.boards import find_board

    chosen = find_board(board)
    require_firmware(chosen)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise McugenError(f"{directory} is there already", "name another directory")
    with progress_bar() as progress:
        progress("compiling", 0, 0)
        compiled = compile_model(
            model,
            target=chosen.target,
            name=name,
            fold_constants=not no_fold_constant_channels,
            external_data=external_data,
            pixels=pixels,
            camera=chosen_camera(camera, crop, resize, rotate, mirror),
            resident_image=resident_image,
        )
        pixel_table(compiled.imported)  # refuses a net of which nobody knows what a camera's pixels are
        tested = own_tests(compiled, vectors, self_tests)
        compiled = tested.compiled
        needs = _with_rows(footprint(compiled, chosen), compiled)
        if needs.fits:
            files = application_files(compiled, chosen, needs.placed)
            write_directory(directory, files)
    if not needs.fits:
        complain("over budget: " + refusal(needs)[0], refusal(needs)[1])
        raise typer.Exit(OVER_BUDGET)
    record = NewOutput(
        directory=str(directory),
        name=compiled.library.name,
        board=chosen.name,
        target=chosen.target,
        files=tuple(sorted(files)),
        self_tests=vectors_kept(compiled.imported, compiled.self_test),
        self_test_bytes=vector_bytes(compiled.imported, compiled.self_test),
        warnings=(*input_warnings(compiled.imported, None), *tested.warnings),
    )
    lines = tuple(filter(None, (camera_line(compiled), tested.line)))
    emit(record, lambda: _show(record, lines), as_json=as_json, file=report)
    if not as_json:
        warn(record.warnings)


def _with_rows(needs: Footprint, compiled: Compiled) -> Footprint:
    """With what the program keeps of a frame; raises McugenError for a frame that the board's camera does not give."""
    from mcugen.firmware.sensors import sensor_of

    camera = compiled.imported.camera
    if camera is None:
        return needs
    sensor = sensor_of(needs.board)
    sensor.require(camera, needs.board)
    kept = sensor.ram_bytes(camera)
    return replace(needs, ram=needs.ram + kept, network_ram=needs.network_ram + kept)


def _show(record: NewOutput, lines: tuple[str, ...]) -> None:
    from mcugen.text import terminal_text

    console = output_console()
    directory = terminal_text(record.directory)
    console.print(f"[bold]{directory}[/]: {record.name} for {record.board}, start with {directory}/README.md")
    for line in lines:
        console.print(line)
    console.print(f"next: pio run -d {directory}")
