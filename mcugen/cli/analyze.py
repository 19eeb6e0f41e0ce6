"""mcugen analyze: what a model costs, before anything is compiled or flashed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mcugen.cli.bands import RowsPerPass, chosen_bands
from mcugen.cli.board_time import predicted_time, time_rows
from mcugen.cli.budgets import MaxCycles, MaxFlash, MaxMs, MaxRam, board_with_clock, end_over_budget
from mcugen.cli.camera import CameraText, Crop, Mirror, ResizeBy, ResizeOption, Rotate, camera_line, chosen_camera
from mcugen.cli.console import emit, output_console, progress_bar, thousands
from mcugen.cli.errors import warn
from mcugen.cli.explained import (
    DEFAULT_LIMIT,
    DataOptions,
    FloatModel,
    Limit,
    TaskOfNet,
    explain_model,
    explained_record,
    show_accuracy,
    use_one_thread,
)
from mcugen.cli.layer_costs import layer_table, stage_costs, weight_reads_row
from mcugen.cli.options import (
    BoardOfTarget,
    Data,
    DataDir,
    Deviation,
    ExternalData,
    Json,
    Mean,
    Model,
    NoFold,
    OutputRows,
    Pixels,
    Report,
    ResidentImage,
    TargetName,
    chosen_target,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from mcugen.analysis import Analysis
    from mcugen.compiler import Compiled
    from mcugen.schemas.analyze import AnalyzeOutput
    from mcugen.schemas.explanation import AccuracyExplanation
    from mcugen.schemas.kernels import StageKernel
    from mcugen.waiting import BoardTime


_WIDEST_PROSE = 160


def analyze(
    model: Model,
    target: TargetName = None,
    board: BoardOfTarget = None,
    max_ram: MaxRam = None,
    max_flash: MaxFlash = None,
    max_cycles: MaxCycles = None,
    max_ms: MaxMs = None,
    no_fold_constant_channels: NoFold = False,
    resident_image: ResidentImage = False,
    rows_per_pass: RowsPerPass = None,
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
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also by stage: its kernel, and why a better one was refused.")
    ] = False,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Say what a model costs: multiply-accumulates, parameters, RAM and flash, by layer.

    RAM is exact: it is the size of the context that the generated code will have. Of flash, constants are exact and
    code is an estimate. With --board also milliseconds with and without wait states, predicted by a model of the
    board's memories. Exit code 3 if a budget is exceeded.

    With --data also what int8 gets wrong: saturation by layer and the confusion matrix; with --float the
    signal-to-noise ratio behind every layer, and the images whose class flipped; with --camera of images that reach the
    net as its frames do.

    Example: mcugen analyze vww.tflite --max-ram 64K --max-flash 256K

    Example: mcugen analyze vww.tflite --target cortex-m3 --verbose

    Example: mcugen analyze net.pt2 --data fashion-mnist --float runs/net/checkpoint.pt
    """
    use_one_thread()
    seen_by = chosen_camera(camera, crop, resize, rotate, mirror)
    from mcugen.analysis import analyze as run
    from mcugen.budget import Budgets, overruns
    from mcugen.compiler import compile_model

    with progress_bar() as progress:
        progress("compiling", 0, 0)
        compiled = compile_model(
            model,
            target=chosen_target(target, board, "generic"),
            fold_constants=not no_fold_constant_channels,
            resident_image=resident_image,
            bands=chosen_bands(rows_per_pass, board, max_ram),
            output_rows=output_rows,
            external_data=external_data,
            pixels=pixels,
            camera=seen_by,
        )
        costs = run(compiled)
        budgets = Budgets(max_ram, max_flash, max_cycles, max_ms)
        of_board = board_with_clock(board)
        time = predicted_time(compiled, of_board)
        over = overruns(compiled, costs, budgets, of_board)
        options = DataOptions(data, float_model, limit, data_dir, mean, deviation, external_data, task, seen_by)
        explanation = explain_model(compiled.imported, options, progress)
    accuracy = explained_record(explanation, compiled.imported)
    record = _report(compiled, costs, over, accuracy, time)
    kernels = record.kernels if verbose else ()
    emit(record, lambda: _show(compiled, costs, accuracy, kernels, time), as_json=as_json, file=report)
    if not as_json:
        warn(record.warnings)
    end_over_budget(over)


def _report(
    compiled: Compiled,
    costs: Analysis,
    over: Sequence[str],
    accuracy: AccuracyExplanation | None,
    time: BoardTime | None,
) -> AnalyzeOutput:
    from mcugen.accuracy import input_warnings
    from mcugen.schemas.analyze import AnalyzeOutput, FlashEstimate, PeakMoment, Ram
    from mcugen.schemas.costs import CameraCost, MemoryItem, UnknownFunction

    plan, prediction = compiled.plan, costs.prediction
    unknown = () if prediction is None else prediction.unknown
    has_camera = compiled.imported.camera is not None
    return AnalyzeOutput(
        model=compiled.model_file,
        format=compiled.imported.source_format,
        target=plan.target.name,
        macs=costs.macs,
        live_macs=costs.live_macs,
        parameters=costs.parameters,
        live_parameters=costs.live_parameters,
        ram_bytes=costs.ram_bytes,
        flash_bytes=costs.flash_bytes,
        flash=FlashEstimate(
            weight_bytes=costs.weight_bytes, constant_bytes=costs.constant_bytes, code_bytes=costs.code_bytes
        ),
        ram=Ram(
            arena_bytes=costs.arena_bytes,
            peak=PeakMoment(
                layer=_peak_layer(compiled, costs),
                row=costs.peak.row,
                alive_bytes=costs.peak.bytes,
                parts=tuple(MemoryItem(name, size) for name, size in costs.peak_items),
            ),
        ),
        instructions=None if prediction is None else prediction.instructions,
        modelled_cycles=None if prediction is None else prediction.cycles,
        unknown=tuple(UnknownFunction(each.stage, each.kind, each.estimated_by) for each in unknown),
        camera=CameraCost(*prediction.camera) if prediction is not None and has_camera else None,
        board_time=None if time is None else time.record(),
        stages=stage_costs(compiled, costs, time),
        kernels=_kernels(compiled),
        layers=costs.layers,
        over_budget=tuple(over),
        accuracy=accuracy,
        warnings=input_warnings(compiled.imported, accuracy),
    )


def _kernels(compiled: Compiled) -> tuple[StageKernel, ...]:
    from msgspec.structs import asdict

    from mcugen.plan.explain import kernel_choice
    from mcugen.schemas.kernels import StageKernel

    return tuple(
        StageKernel(
            stage=planned.stage.index,
            layers=tuple(op.name for op in planned.stage.operators),
            output=planned.stage.output.shape,
            **asdict(kernel_choice(compiled.plan, planned)),
        )
        for planned in compiled.plan.stages
    )


def _kernel_table(kernels: Sequence[StageKernel], width: int) -> RenderableType:
    """A line for each stage's kernel, one for each reason why a better one was not taken."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from mcugen.plan.explain import reasons
    from mcugen.text import terminal_text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), width=width)
    table.add_column("stage", justify="right")
    table.add_column("layers", overflow="fold", ratio=2)
    table.add_column("kernel, what it computes at a time, why no better one", ratio=3)
    for kernel in kernels:
        lines = [": ".join(filter(None, (f"{kernel.title}, {kernel.name}", kernel.blocking)))]
        lines += [f"depthwise: {kernel.depthwise}"] if kernel.depthwise else []
        lines += [*reasons(kernel), *filter(None, [kernel.rows])]
        names = " + ".join(kernel.layers)
        table.add_row(str(kernel.stage), terminal_text(names), "\n".join(map(terminal_text, lines)))
    return table


def _peak_layer(compiled: Compiled, costs: Analysis) -> str:
    from mcugen.budget import stage_name

    stage = costs.peak.stage
    return "image" if stage is None else stage_name(compiled.plan.stages[stage])


def _show(
    compiled: Compiled,
    costs: Analysis,
    accuracy: AccuracyExplanation | None,
    kernels: Sequence[StageKernel],
    time: BoardTime | None,
) -> None:
    from rich.table import Table

    from mcugen.text import terminal_text

    console = output_console()
    console.print(f"[bold]{terminal_text(compiled.imported.name)}[/] for {compiled.plan.target.name}")
    console.print(layer_table(costs, console.width))
    if kernels:
        console.print(_kernel_table(kernels, min(console.width, _WIDEST_PROSE)))
    if any(layer.dead_channels for layer in costs.layers):
        console.print("dead: output channels that are constant or unread, removed; live: what then remains to compute")
    sizes = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    sizes.add_column()
    sizes.add_column(justify="right")
    sizes.add_column()
    peak = f"fullest in {_peak_layer(compiled, costs)}, {thousands(costs.peak.bytes)} bytes alive"
    parts = f"constants {thousands(costs.constant_bytes)} (weights {thousands(costs.weight_bytes)})"
    code = f"code about {thousands(costs.code_bytes)}"
    sizes.add_row("RAM", f"{thousands(costs.ram_bytes)} bytes", terminal_text(peak))
    sizes.add_row("flash", f"{thousands(costs.flash_bytes)} bytes", f"{parts}, {code}")
    if costs.prediction is not None:
        cycles = costs.prediction.cycles
        model = f"; about {thousands(cycles)} cycles by the core's timing table" if cycles is not None else ""
        sizes.add_row("time", f"{thousands(costs.prediction.instructions)} instructions", f"predicted{model}")
        if compiled.imported.camera is not None:
            instructions, cycles = costs.prediction.camera
            model = f"; about {thousands(cycles)} cycles" if cycles is not None else ""
            sizes.add_row("", thousands(instructions), f"of these from a frame's rows to the image's{model}")
        if costs.prediction.unknown:
            kinds = ", ".join(costs.prediction.unknown_kinds)
            sizes.add_row("", "", f"estimated, high rather than low, as never counted on this core: {kinds}")
    for row in time_rows(time):
        sizes.add_row(*row)
    if time is not None or kernels:
        sizes.add_row(*weight_reads_row(costs))
    if line := camera_line(compiled):
        sizes.add_row("", "", line)
    if compiled.plan.target.stand_in:
        sizes.add_row("", "", f"of {compiled.plan.target.stand_in}")
    console.print(sizes)
    if accuracy is not None:
        show_accuracy(accuracy)
