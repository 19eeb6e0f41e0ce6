"""mcugen report: one HTML page that shows what a model became."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from mcugen.cli.camera import CameraText, Crop, Mirror, ResizeBy, ResizeOption, Rotate, camera_line, chosen_camera
from mcugen.cli.console import counted, emit, output_console, progress_bar, thousands
from mcugen.cli.errors import MISMATCH, warn
from mcugen.cli.explained import (
    DEFAULT_LIMIT,
    DataOptions,
    FloatModel,
    Limit,
    TaskOfNet,
    explain_model,
    explained_record,
    use_one_thread,
)
from mcugen.cli.objects import detection_of, refuse_for_report
from mcugen.cli.options import (
    INPUTS,
    BoardOfTarget,
    Data,
    DataDir,
    Detect,
    Deviation,
    ExternalData,
    Mean,
    Model,
    NoFold,
    OutputRows,
    Pixels,
    ResidentImage,
    chosen_target,
    complete_target,
)
from mcugen.cli.outputs import show_outputs
from mcugen.cli.report_camera import frames_text, reported_camera

if TYPE_CHECKING:
    from mcugen.accuracy import Sample
    from mcugen.accuracy.outputs import TargetSample
    from mcugen.compiler import Compiled
    from mcugen.data.boxes import BoxDataset
    from mcugen.report import Images, Trial
    from mcugen.schemas.report.document import ReportOutput
    from mcugen.validation import Vectors

_CASES = {"host": 24, "qemu": 4}
_IMAGES = 16


class Runner(str, Enum):
    """Where the C code runs for the report."""

    HOST = "host"
    QEMU = "qemu"


def report(
    model: Model,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.html", help="The page. Default: MODEL.html in this directory."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target", metavar="NAME", help="Core to compile for. Default: cortex-m4.", autocompletion=complete_target
        ),
    ] = None,
    board: BoardOfTarget = None,
    run: Annotated[
        Runner | None,
        typer.Option(help="Also run the C code, compare every layer, and (qemu) count instructions."),
    ] = None,
    vectors: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"Images for the ranges of activations and for --run: {INPUTS}. An .npz may have 'outputs'.",
        ),
    ] = None,
    cc: Annotated[str, typer.Option("--cc", metavar="CC", help="The host's C compiler.")] = "cc",
    no_boards: Annotated[
        bool, typer.Option("--no-boards", help="Leave out which boards it fits: saves compiling for every core.")
    ] = False,
    no_fold_constant_channels: NoFold = False,
    resident_image: ResidentImage = False,
    output_rows: OutputRows = False,
    external_data: ExternalData = False,
    pixels: Pixels = None,
    camera: CameraText = None,
    crop: Crop = "center",
    resize: ResizeOption = ResizeBy.AREA,
    rotate: Rotate = 0,
    mirror: Mirror = False,
    data: Data = None,
    float_model: FloatModel = None,
    task: TaskOfNet = None,
    limit: Limit = DEFAULT_LIMIT,
    data_dir: DataDir = None,
    mean: Mean = None,
    deviation: Deviation = None,
    detect: Detect = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the page's figures as JSON; the page is written only with -o.")
    ] = False,
) -> None:
    """Write one HTML page on a model: stages, costs, memory, ranges, proofs, boards. It needs no network.

    Costs are predicted, or counted with --run qemu. Exit code 1 if the C code differs from the reference; the page
    then says where.

    Example: mcugen report vww.tflite -o vww.html --run qemu

    Example: mcugen report net.pt2 --data fashion-mnist --float runs/net/checkpoint.pt

    With --detect, --data has images with boxes (see docs/detection.md), and the page shows what was found in some.

    Example: mcugen report objects.pt2 --data objects --detect 0.5

    With --camera the page shows a frame, what is used of it, and what the net is given; images of --data reach the net
    as its frames do.

    Example: mcugen report photos.pt2 --data photos --camera rgb565be:320x240
    """
    use_one_thread()
    seen_by = chosen_camera(camera, crop, resize, rotate, mirror)
    from mcugen.accuracy import Explanation
    from mcugen.accuracy.object_picture import draw_objects
    from mcugen.cli.normalization import parse_normalization
    from mcugen.compiler import compile_model
    from mcugen.output import write_file
    from mcugen.report import make_document, render_page
    from mcugen.report.boards import board_records
    from mcugen.report.pictures import pictures, png_uri
    from mcugen.targets.boards import find_board
    from mcugen.validation import load_vectors, validate_camera

    if detect is not None:
        refuse_for_report(data, data_dir, float_model, task, drawn=output is not None or not as_json)
    with progress_bar() as progress:
        progress("compiling", 0, 0)
        compiled = compile_model(
            model,
            target=chosen_target(target, board, "cortex-m4"),
            fold_constants=not no_fold_constant_channels,
            resident_image=resident_image,
            output_rows=output_rows,
            external_data=external_data,
            pixels=pixels,
            camera=seen_by,
        )
        given = load_vectors(vectors, compiled.imported) if vectors is not None else None
        trial = _run(compiled, run, given, cc, progress) if run is not None else None
        boards = []
        if not no_boards:
            boards = board_records(compiled, fold_constants=not no_fold_constant_channels, progress=progress)
        explanation, objects, detection = None, None, None
        if detect is not None:
            folder, normalization = Path(cast("str", data)), parse_normalization(mean, deviation)
            objects, detection = detection_of(compiled, folder, limit, detect, normalization, seen_by, progress)
        else:
            options = DataOptions(data, float_model, limit, data_dir, mean, deviation, external_data, task, seen_by)
            explanation = explain_model(compiled.imported, options, progress)
        accuracy = explained_record(explanation, compiled.imported)
        progress("ranges", 0, 0)
        sample = objects.data if objects is not None else explanation.sample if explanation is not None else None
        images = _images(compiled, given, vectors, sample, mean, deviation)
        compared = None
        if run is not None and seen_by is not None:
            compared = validate_camera(compiled, on_core=run is Runner.QEMU, compiler=cc)
        shot = reported_camera(compiled, data, sample, data_dir, compared)
        document = make_document(
            compiled,
            images,
            trial=trial,
            boards=boards,
            accuracy=accuracy,
            detection=detection,
            camera=None if shot is None else shot[0],
        )
        page = output or (None if as_json else Path(f"{model.stem}.html"))
        if page is not None:
            progress("writing", 0, 0)
            shown = pictures(explanation) if isinstance(explanation, Explanation) else {}
            drawn = None if objects is None else png_uri(draw_objects(".png", compiled.imported, objects))
            asked = find_board(board).name if board else None
            write_file(page, render_page(document, shown, asked, drawn, None if shot is None else shot[1]))
    emit(document, lambda: _show(document, page, camera_line(compiled)), as_json=as_json, file=None)
    if not as_json:
        warn(document.warnings)
    if (trial is not None and not trial.validation.bit_exact) or (compared is not None and not compared.exact):
        raise typer.Exit(MISMATCH)


def _images(
    compiled: Compiled,
    given: Vectors | None,
    path: Path | None,
    sample: Sample | TargetSample | BoxDataset | None,
    mean: str | None,
    deviation: str | None,
) -> Images:
    """For the ranges of activations: --vectors, else some of --data, else the extremes."""
    from mcugen import reference
    from mcugen.cli.normalization import parse_normalization
    from mcugen.data import prepare
    from mcugen.inputs import proof_images
    from mcugen.report import Images

    if given is not None and path is not None:
        return Images(given.images, path.name)
    if sample is not None:
        graph, name = compiled.imported, sample.name
        border = prepare(graph, sample.images[:_IMAGES], parse_normalization(mean, deviation))
        return Images(reference.quantize_input(graph, border), name)
    return Images(proof_images(compiled.imported.input_tensor, _IMAGES, 0), "extremes and seeded noise, no photographs")


def _run(compiled: Compiled, place: Runner, given: Vectors | None, compiler: str, progress: Any) -> Trial:
    from mcugen.inputs import proof_images
    from mcugen.report import Trial
    from mcugen.validation import validate, validate_in_emulator

    images = proof_images(compiled.imported.input_tensor, _CASES[place.value], 0)
    if place is Runner.QEMU:
        validation, counted = validate_in_emulator(compiled, images, vectors=given, progress=progress)
        return Trial("qemu", validation, counted)
    return Trial("host", validate(compiled, images, vectors=given, compiler=compiler, progress=progress))


def _show(document: ReportOutput, page: Path | None, camera: str) -> None:

    from mcugen.text import terminal_text

    console = output_console()
    summary = document.summary
    console.print(f"[bold]{terminal_text(str(page))}[/]: {terminal_text(document.name)} for {document.target.name}")
    console.print(f"RAM {thousands(summary.ram_bytes)} bytes, flash {thousands(summary.flash_bytes)} bytes")
    if summary.instructions is not None:
        console.print(f"{thousands(summary.instructions)} instructions {summary.time_source}")
    if camera:
        console.print(camera)
    validation = document.validation
    if validation is not None:
        verdict = "[green]bit-exact[/]" if validation.bit_exact else "[red]not exact[/]"
        console.print(f"{verdict} over {validation.cases} images on {validation.place}{frames_text(document)}")
    accuracy = document.accuracy
    if accuracy is not None and accuracy.top1 is None:
        show_outputs(console, accuracy.vectors, accuracy.values)
    elif accuracy is not None:
        floats, flipped = accuracy.float_, len(accuracy.flipped or ())
        compared = "" if floats is None else f", {floats.top1:.2%} in float, {flipped} images flipped"
        console.print(f"top-1 {accuracy.top1:.2%} over {thousands(accuracy.images)} images{compared}")
    if document.detection:
        every, *_ = document.detection.accuracy.objects or ()
        console.print(f"F1 by object {every.f1:.2%} over {counted(document.detection.accuracy.images, 'image')}")
