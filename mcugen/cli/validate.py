"""mcugen validate: proves that the C computes what the reference computes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mcugen.cli.bands import RowsPerPass, chosen_bands
from mcugen.cli.budgets import board_with_clock
from mcugen.cli.builds import builds_report, command_line
from mcugen.cli.camera import (
    CameraText,
    Crop,
    Mirror,
    ResizeBy,
    ResizeOption,
    Rotate,
    chosen_camera,
)
from mcugen.cli.console import emit, progress_bar
from mcugen.cli.emulated import with_emulated_costs
from mcugen.cli.errors import MISMATCH
from mcugen.cli.on_board import show_on_board, validate_over_serial
from mcugen.cli.on_compiled import outcome_of, show_outcome
from mcugen.cli.options import (
    INPUTS,
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
    chosen_target,
    complete_target,
)
from mcugen.cli.places import Place, parse_place, refuse_elsewhere, split_flags

_DEFAULT_CASES = 24
_EMULATED_CASES = 4
_BAUD = 115_200
_TIMEOUT_S = 5.0


def validate(
    model: Model,
    vectors: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=f"Test vectors: {INPUTS}. An .npz may have 'outputs' to compare with."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="NAME",
            help="Core to generate for. Default: generic, or that of the board at the port.",
            autocompletion=complete_target,
        ),
    ] = None,
    board: BoardOfTarget = None,
    on: Annotated[
        Any,
        typer.Option(
            "--on",
            metavar="PLACE",
            parser=parse_place,
            help="Where to run the C code: host, qemu, or serial:PORT, a board that mcugen flash was used on.",
        ),
    ] = "host",
    compiler: Annotated[
        str | None, typer.Option("--cc", metavar="CC", help="The host's C compiler. Default: cc.")
    ] = None,
    cflags: Annotated[
        str,
        typer.Option(
            "--cflags",
            metavar="FLAGS",
            help="Flags for the compiler, as in '-O3 -flto', in place of the optimization levels that are tried.",
        ),
    ] = "",
    sanitize: Annotated[
        bool, typer.Option("--sanitize", help="Run, besides, under the address and undefined behaviour sanitizers.")
    ] = False,
    cases: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=100_000,
            metavar="N",
            help=f"Images to make, extremes first, the rest random. Default: {_DEFAULT_CASES}, or 0 with --vectors.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=(1 << 31) - 1, metavar="S", help="Seed of the random images.")] = 0,
    max_lsb: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="Exit with 1 if an output is farther than N last places from the file's."
        ),
    ] = None,
    baud: Annotated[
        int | None, typer.Option(min=300, metavar="N", help=f"Speed of the serial port. Default: {_BAUD}.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=600.0,
            metavar="S",
            help=f"Seconds to wait for a board that says nothing. Default: {_TIMEOUT_S:g}.",
        ),
    ] = None,
    name: LibraryName = None,
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
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Compile the generated C, run it, and compare every layer with the reference, bit for bit.

    The reference is the model as it was read, before any optimization. --on qemu cross-compiles for the target's
    core, runs there and counts instructions, modelled cycles, stack and flash; with --board also milliseconds with
    and without what the board's memories make the core wait, by stage and cause, by a model. What is compiled is the
    code as it ships and the same code with a hook that tells of every layer, on the host at two optimization levels;
    all have to be right. Exit code 1 on a difference: in any layer, from the outputs of a .tflite's vectors, or
    (.onnx) by more than --max-lsb.

    Example: mcugen validate vww.tflite --vectors vww.npz --sanitize

    Example: mcugen validate vww.tflite --cc clang --cflags "-O3"

    Example: mcugen validate vww.tflite --target cortex-m4 --on qemu

    Example: mcugen validate vww.tflite --board nucleo_l4r5zi --on qemu

    Example: mcugen validate vww.tflite --on serial:/dev/ttyACM0
    """
    place, port = on
    on_core = place is Place.QEMU
    import msgspec

    from mcugen.compiler import compile_model
    from mcugen.diagnostics import McugenError
    from mcugen.firmware.footprint import board_memory
    from mcugen.inputs import proof_images
    from mcugen.simulate.size import measure_flash
    from mcugen.validation import load_vectors, validate_camera, validate_detection, validate_in_emulator
    from mcugen.validation import validate as run

    compiled_here, only_host, only_board = (Place.HOST, Place.QEMU), (Place.HOST,), (Place.SERIAL,)
    refuse_elsewhere(place, "--cc", compiler, only_host)
    refuse_elsewhere(place, "--sanitize", sanitize, only_host)
    refuse_elsewhere(place, "--cflags", cflags, compiled_here)
    refuse_elsewhere(place, "--detect", detect, compiled_here)
    seen_by = chosen_camera(camera, crop, resize, rotate, mirror)
    refuse_elsewhere(place, "--baud", baud, only_board)
    refuse_elsewhere(place, "--timeout", timeout, only_board)
    compiler = compiler or "cc"
    flags = split_flags(cflags)
    bands = chosen_bands(rows_per_pass, board)
    of_board = board_with_clock(board)
    target = chosen_target(target, board, "") or None
    default = _DEFAULT_CASES if place is Place.HOST else _EMULATED_CASES
    count = cases if cases is not None else default if vectors is None else 0
    if count == 0 and vectors is None:
        raise McugenError("there is nothing to compare: --cases 0 without --vectors")
    if place is Place.SERIAL:
        options: dict[str, Any] = {"name": name, "resident_image": resident_image, "camera": seen_by}
        options["fold_constants"] = not no_fold_constant_channels
        options |= {"output_rows": output_rows, "external_data": external_data, "pixels": pixels, "bands": bands}
        line = (port, baud or _BAUD, timeout or _TIMEOUT_S)
        record = validate_over_serial(model, vectors, target, options, line, (count, seed))
        near = max_lsb is None or (record.vectors_max_lsb or 0) <= max_lsb
        record = msgspec.structs.replace(record, passed=record.passed and near)
        emit(record, lambda: show_on_board(record), as_json=as_json, file=report)
        if not record.passed:
            raise typer.Exit(MISMATCH)
        return
    with progress_bar() as progress:
        progress("reading the model", 0, 0)
        compiled = compile_model(
            model,
            target=target or "generic",
            name=name,
            fold_constants=not no_fold_constant_channels,
            resident_image=resident_image,
            bands=bands,
            output_rows=output_rows,
            detect=detect,
            external_data=external_data,
            pixels=pixels,
            camera=seen_by,
        )
        given = load_vectors(vectors, compiled.imported) if vectors is not None else None
        images = proof_images(compiled.imported.input_tensor, count, seed)
        costs = None
        if on_core:
            memory = None if of_board is None else board_memory(compiled, of_board)
            result, costs = validate_in_emulator(
                compiled, images, vectors=given, flags=flags, memory=memory, progress=progress
            )
        else:
            result = run(
                compiled,
                images,
                vectors=given,
                compiler=compiler,
                sanitize=sanitize,
                flags=flags,
                progress=progress,
            )
        flash = measure_flash(compiled.library, compiler) if costs is None else None
        how: dict[str, Any] = {
            "on_core": on_core,
            "compiler": compiler,
            "sanitize": sanitize,
            "flags": flags,
            "seed": seed,
        }
        frames = validate_camera(compiled, **how) if camera is not None else None
        objects = validate_detection(compiled, images, **how) if detect is not None else None
    called = command_line(
        str(model),
        [
            ("--vectors", vectors),
            ("--target", target),
            ("--on", "qemu" if on_core else None),
            ("--cases", cases),
            ("--seed", seed or None),
            ("--name", name),
            ("--no-fold-constant-channels", no_fold_constant_channels),
            ("--resident-image", resident_image),
            ("--rows-per-pass", rows_per_pass),
            ("--output-rows", output_rows),
            ("--detect", detect),
            ("--external-data", external_data),
            ("--pixels", pixels),
            ("--camera", camera),
            ("--crop", crop if crop != "center" else None),
            ("--resize", resize.value if resize is not ResizeBy.AREA else None),
            ("--rotate", rotate or None),
            ("--mirror", mirror),
        ],
    )
    builds = builds_report(result.builds, compiled.plan.target, called, on_core=on_core)
    outcome = outcome_of(compiled, result, builds, flash, max_lsb)
    if objects is not None:
        outcome = msgspec.structs.replace(outcome, detection=objects, passed=outcome.passed and objects.exact)
    if frames is not None:
        outcome = msgspec.structs.replace(outcome, camera=frames, passed=outcome.passed and frames.exact)
    if costs is not None:
        outcome = with_emulated_costs(outcome, compiled, costs, of_board)
    emit(outcome, lambda: show_outcome(compiled, result, outcome, costs, of_board), as_json=as_json, file=report)
    if not outcome.passed:
        raise typer.Exit(MISMATCH)
