"""mcugen flash: from a model to a board that runs it, and the proof that it does."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from mcugen.cli.camera import CameraText, Crop, Mirror, ResizeBy, ResizeOption, camera_line, chosen_camera
from mcugen.cli.console import emit, output_console, progress_bar, thousands
from mcugen.cli.errors import MISMATCH, OVER_BUDGET, complain, warn
from mcugen.cli.options import (
    ExternalData,
    Json,
    LibraryName,
    Model,
    NoFold,
    OutputRows,
    Pixels,
    Report,
    SelfTests,
    Vectors,
    complete_board,
)
from mcugen.cli.self_tests import own_tests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcugen.camera import CameraOptions
    from mcugen.compiler import Compiled
    from mcugen.schemas.flash import FlashOutput, Step
    from mcugen.schemas.validate import BoardValidationOutput
    from mcugen.targets.boards import Board

BoardName = Annotated[
    str,
    typer.Option(
        "--board", metavar="NAME", help="The board, by its name in `mcugen boards`.", autocompletion=complete_board
    ),
]


class Until(str, Enum):
    """The last step to take."""

    GENERATE = "generate"
    BUILD = "build"
    UPLOAD = "upload"
    VALIDATE = "validate"


def flash(
    model: Model,
    board: BoardName,
    port: Annotated[
        str | None,
        typer.Option("--port", metavar="PORT", help="Serial port to validate over, and to upload over on an ESP32."),
    ] = None,
    project: Annotated[
        Path, typer.Option("--project", metavar="DIR", help="Where the firmware's PlatformIO project is written.")
    ] = Path("build/firmware"),
    until: Annotated[Until, typer.Option("--until", help="The last step to take.")] = Until.VALIDATE,
    cases: Annotated[int, typer.Option(min=1, max=10_000, metavar="N", help="Images to validate with.")] = 4,
    name: LibraryName = None,
    no_fold_constant_channels: NoFold = False,
    output_rows: OutputRows = False,
    external_data: ExternalData = False,
    pixels: Pixels = None,
    camera: CameraText = None,
    crop: Crop = "center",
    resize: ResizeOption = ResizeBy.AREA,
    mirror: Mirror = False,
    vectors: Vectors = None,
    self_tests: SelfTests = None,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Generate, build and upload the firmware for a board through PlatformIO, then validate the model on it.

    A model that does not fit is refused before anything is built (exit code 3), with what would fit. Emulated boards
    and native need no port: their firmware is run and validated here. Without --port a real board is uploaded to, and
    validating is left to `mcugen validate --on serial:PORT`.

    With --camera the board also tests itself on frames of that camera, which go through the library's camera path row
    by row.

    Example: mcugen flash fashion.onnx --board nucleo_f446re --port /dev/ttyACM0

    Example: mcugen flash fashion.onnx --board netduinoplus2

    Example: mcugen flash vww.tflite --board nucleo_f746zg --camera rgb565be:320x240
    """
    from msgspec import UNSET

    from mcugen.accuracy import input_warnings
    from mcugen.codegen.test_vectors import vector_bytes, vectors_kept
    from mcugen.compiler import compile_model
    from mcugen.firmware.footprint import footprint, refusal
    from mcugen.firmware.platformio import run_platformio
    from mcugen.firmware.project import require_firmware, write_firmware
    from mcugen.firmware.sizes import linked_sizes
    from mcugen.schemas.flash import FlashOutput
    from mcugen.targets.boards import find_board

    seen_by = chosen_camera(camera, crop, resize, 0, mirror)
    chosen = find_board(board)
    require_firmware(chosen)
    with progress_bar() as progress:
        progress("compiling", 0, 0)
        compiled = compile_model(
            model,
            target=chosen.target,
            name=name,
            fold_constants=not no_fold_constant_channels,
            output_rows=output_rows,
            external_data=external_data,
            pixels=pixels,
            camera=seen_by,
        )
        tested = own_tests(compiled, vectors, self_tests)
        compiled = tested.compiled
        needs = footprint(compiled, chosen)
        if needs.fits:
            progress("writing the project", 0, 0)
            write_firmware(project, compiled, chosen, traced=needs.twin_fits)
    if not needs.fits:
        complain("over budget: " + refusal(needs)[0], refusal(needs)[1])
        raise typer.Exit(OVER_BUDGET)
    steps = tuple(Until)
    done: list[Step] = ["generated"]
    sizes = validation = None
    if steps.index(until) >= steps.index(Until.BUILD):
        run_platformio(project, ["run", "--environment", chosen.name], what=f"building for {chosen.name}")
        done.append("built")
        sizes = linked_sizes(project, chosen)
    if steps.index(until) >= steps.index(Until.UPLOAD) and chosen.is_physical:
        upload = ["run", "--environment", chosen.name, "--target", "upload"]
        # A debugger finds itself.
        over_port = ["--upload-port", port] if port and not chosen.has_debugger else []
        run_platformio(project, [*upload, *over_port], what=f"uploading to {chosen.name}")
        done.append("uploaded")
    if until is Until.VALIDATE and (port or not chosen.is_physical):
        validation = _validate(compiled, chosen, project, port, cases)
        done.append("validated")
    record = FlashOutput(
        model=compiled.model_file,
        name=compiled.library.name,
        board=chosen.name,
        target=chosen.target,
        project=str(project),
        done=tuple(done),
        per_layer_checksums=needs.twin_fits,
        firmware_flash_bytes=needs.flash,
        firmware_ram_bytes=needs.ram,
        board_flash_bytes=chosen.flash_bytes or None,
        board_ram_bytes=chosen.ram_bytes or None,
        built_flash_bytes=sizes.flash if sizes else UNSET,
        built_ram_bytes=sizes.ram if sizes else UNSET,
        self_tests=vectors_kept(compiled.imported, compiled.self_test),
        self_test_bytes=vector_bytes(compiled.imported, compiled.self_test),
        warnings=(*input_warnings(compiled.imported, None), *tested.warnings),
        validation=validation or UNSET,
    )
    lines = [line for line in (camera_line(compiled), tested.line) if line]
    options = _library_options(pixels, seen_by, output_rows=output_rows, external_data=external_data)
    emit(record, lambda: _show(record, lines, options), as_json=as_json, file=report)
    if not as_json:
        warn(record.warnings)
    if validation is not None and not validation.passed:
        raise typer.Exit(MISMATCH)


def _validate(compiled: Compiled, board: Board, project: Path, port: str | None, cases: int) -> BoardValidationOutput:
    from contextlib import nullcontext

    from mcugen.cli.on_board import board_report
    from mcugen.firmware.virtual import program_path, virtual_board
    from mcugen.inputs import proof_images
    from mcugen.link import open_board
    from mcugen.validation.on_board import validate_on_board

    where = nullcontext(port) if port else virtual_board(board, program_path(project, board))
    images = proof_images(compiled.imported.input_tensor, cases, 0)
    with progress_bar() as progress, where as address, open_board(str(address)) as link:
        result = validate_on_board(compiled, link, images, progress=progress)
    return board_report(compiled, result)


def _library_options(
    pixels: str | None, camera: CameraOptions | None, *, output_rows: bool, external_data: bool
) -> str:
    """What `mcugen validate` must be told to make the same library, each word behind a space."""
    said = [
        "--output-rows" if output_rows else "",
        "--external-data" if external_data else "",
        f"--pixels {quote(pixels)}" if pixels else "",
        "" if camera is None else camera.words,
    ]
    return "".join(f" {words}" for words in said if words)


def _show(record: FlashOutput, lines: Sequence[str], options: str) -> None:
    from msgspec import UNSET

    from mcugen.cli.on_board import show_on_board
    from mcugen.text import shell_word, terminal_text

    console = output_console()
    console.print(f"[bold]{terminal_text(record.name)}[/] on {record.board}: {', '.join(record.done)}")
    if record.built_flash_bytes is not UNSET and record.built_ram_bytes is not UNSET:
        of = f" of {thousands(record.board_flash_bytes)}" if record.board_flash_bytes else ""
        ram = f" of {thousands(record.board_ram_bytes)}" if record.board_ram_bytes else ""
        console.print(
            f"flash {thousands(record.built_flash_bytes)}{of} bytes, RAM {thousands(record.built_ram_bytes)}{ram}"
        )
    for line in lines:
        console.print(line)
    console.print(f"project {terminal_text(record.project)}")
    if not record.per_layer_checksums:
        console.print("no room for the traced build: only outputs can be compared on the board")
    if record.validation is not UNSET:
        show_on_board(record.validation)
    elif "uploaded" in record.done:
        command = f"mcugen validate {shell_word(record.model)} --on serial:PORT{options}"
        console.print(f"next: {terminal_text(command)}")
