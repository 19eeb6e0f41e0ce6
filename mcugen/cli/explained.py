"""--data and its companions: why int8 gets images wrong, for analyze and report."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcugen.cli.console import output_console, thousands
from mcugen.cli.errors import warn
from mcugen.cli.outputs import show_outputs
from mcugen.cli.train_options import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcugen.accuracy import Explanation, Sample
    from mcugen.accuracy.outputs import MeasuredOutputs
    from mcugen.camera import CameraOptions
    from mcugen.ir import Graph
    from mcugen.schemas.explanation import AccuracyExplanation, FlippedImage, InputQuality

DEFAULT_LIMIT = 1000
_FLIPS_SHOWN = 20
_WIDEST_MATRIX = 12

FloatModel = Annotated[
    Path | None,
    typer.Option(
        "--float",
        metavar="FILE",
        help="What the model was quantized from, a float .onnx or .tflite or a checkpoint of mcugen train: shows noise "
        "by layer and the images that flipped.",
    ),
]
Limit = Annotated[
    int, typer.Option("--limit", min=1, metavar="N", help="Images of --data, spread evenly over its test images.")
]


TaskOfNet = Annotated[
    Task | None,
    typer.Option(
        "--task",
        help="What the net tells of an image, where its file does not say it as those of mcugen quantize do: a class, "
        "a vector (embed), or numbers (regress). Objects are of --detect.",
    ),
]


def task_of_net(graph: Graph, task: Task | None) -> str:
    """One of classify, embed and regress; raises McugenError for a task that the file contradicts, and for detect."""
    from mcugen.accuracy.outputs import net_task
    from mcugen.diagnostics import McugenError

    if task is Task.DETECT:
        raise McugenError("--task detect is of mcugen train", "mcugen accuracy --detect P measures objects")
    return net_task(graph, None if task is None else task.value)


def warn_of_classes(graph: Graph, task: Task | None, sample: Sample) -> None:
    """Says so where outputs are probably no classes: without names, of another number than the data set's, and nobody
    said that they are."""
    classes, outputs = len(sample.dataset.classes), graph.output_tensor.size
    if task is None and not graph.labels and classes not in (0, outputs):
        line = f"{graph.name} has {outputs} outputs without names, {sample.name} {classes} classes: top-1 tells little"
        warn([f"{line}; --task says what the outputs are (classify, embed, regress)"])


def use_one_thread() -> None:
    """Matrices are small: threads of BLAS only get into each other's way. To be called before NumPy is imported."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@dataclass(frozen=True)
class DataOptions:
    """What a command says of the data set by which a net is explained: the options of these names."""

    data: str | None
    float_model: Path | None
    limit: int
    data_dir: Path | None
    mean: str | None
    deviation: str | None
    external_data: bool
    task: Task | None
    camera: CameraOptions | None


def explain_model(graph: Graph, options: DataOptions, progress: Any) -> Explanation | MeasuredOutputs | None:
    """None without --data. Raises McugenError if options of --data are given without it."""
    from mcugen.accuracy import explain, load_sample, load_twin
    from mcugen.accuracy.outputs import find_outputs, load_targets
    from mcugen.cli.normalization import parse_normalization
    from mcugen.diagnostics import McugenError

    data, camera, float_model = options.data, options.camera, options.float_model
    limit, data_dir = options.limit, options.data_dir
    if data is None:
        given = {"--float": float_model, "--data-dir": data_dir, "--mean": options.mean, "--std": options.deviation}
        given |= {"--task": options.task}
        for option, value in given.items():
            if value is not None:
                raise McugenError(f"{option} says how a data set is used, and none is named", "add --data")
        return None
    normalization = parse_normalization(options.mean, options.deviation)
    twin = None
    if float_model is not None:
        progress("reading the float model", 0, 0)
        twin = load_twin(float_model, graph, external_data=options.external_data)
    progress("reading images", 0, 0)
    trained_on = None if twin is None else twin.trained_on
    kind = task_of_net(graph, options.task)
    if kind != "classify":
        targets = load_targets(
            data, graph, kind, limit=limit, data_dir=data_dir, trained_on=trained_on, camera=camera, progress=progress
        )
        return find_outputs(graph, targets, twin, normalization, progress)
    sample = load_sample(
        data, graph, limit=limit, data_dir=data_dir, trained_on=trained_on, camera=camera, progress=progress
    )
    warn_of_classes(graph, options.task, sample)
    return explain(graph, sample, twin, normalization, progress)


def explained_record(found: Explanation | MeasuredOutputs | None, graph: Graph) -> AccuracyExplanation | None:
    """The `accuracy` of a document; None of None."""
    from mcugen.accuracy import accuracy_record
    from mcugen.accuracy.outputs import MeasuredOutputs
    from mcugen.accuracy.records import outputs_record

    if found is None:
        return None
    if isinstance(found, MeasuredOutputs):
        return outputs_record(found)
    return accuracy_record(found, graph.output_tensor.size)


def show_accuracy(record: AccuracyExplanation) -> None:
    """The `accuracy` of a document, as tables."""

    from mcugen.text import terminal_text

    console = output_console()
    images = f"{thousands(record.images)} of {thousands(record.of)} test images of {terminal_text(record.data)}"
    console.print(f"\n[bold]accuracy[/] on {images}")
    twin = record.float_
    if record.top1 is None:
        show_outputs(console, record.vectors, record.values)
    elif twin is None:
        console.print(f"top-1 {record.top1:.2%} in int8; --float FILE shows what quantization changed")
    else:
        shown = f"top-1 {record.top1:.2%} in int8, {twin.top1:.2%} in float ({terminal_text(twin.model)})"
        console.print(f"{shown}; the same class in {twin.agreement:.2%}")
    for name in record.skipped:
        console.print(f"skipped {terminal_text(name)}")
    for line in input_lines(record.input):
        console.print(line)
    _show_layers(console, record)
    if record.classes:
        _show_confusion(console, record)
    if record.flipped:
        _show_flips(console, record, record.flipped)


def input_lines(quality: InputQuality) -> list[str]:
    """What the input holds, and what pixels become there."""
    from mcugen.reference.pixels import range_text

    lines = [f"input holds {range_text(quality.range)}, the images are {range_text(quality.observed)}"]
    if quality.pixels is not None:
        there = "nobody said what on a board"
        if quality.board is not None:
            there = f"on a board {range_text(quality.board)} by NAME_invoke_u8"
        lines.append(f"pixels 0 to 255 become {range_text(quality.pixels)} here, {there}")
    return lines


def _table(console: Any, *headings: str, left: int = 1) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number < left else "right", overflow="fold")
    return table


def _show_layers(console: Any, record: AccuracyExplanation) -> None:
    from mcugen.text import terminal_text

    known = [layer.snr_db for layer in record.layers if layer.snr_db is not None]
    table = _table(console, "layer", "kind", *(["signal to noise"] if known else []), "saturated", "clamped", left=2)
    measured = [("input", "", record.input.snr_db, record.input.clipped, 0.0)]
    measured += [(layer.layer, layer.kind, layer.snr_db, layer.saturated, layer.clamped) for layer in record.layers]
    for name, kind, snr, saturated, clamped in measured:
        texts = [terminal_text(name), kind.removesuffix("2D")]
        if known:
            text = "" if snr is None else f"{snr:.1f} dB"
            texts.append(f"[red]{text}[/]" if snr is not None and snr == min(known) else text)
        table.add_row(*texts, f"{saturated:.2%}", f"{clamped:.2%}")
    console.print(table)
    if record.float_ is not None and not known:
        console.print("no layer of the float model could be matched with one of the int8 model, by name or in order")


def _class_name(record: AccuracyExplanation, number: int) -> str:
    return f"{number} {record.classes[number].label}".strip()


def _show_confusion(console: Any, record: AccuracyExplanation) -> None:
    """The matrix; where it is too wide, the pairs that are confused most."""
    from mcugen.text import terminal_text

    matrix = record.confusion
    if len(matrix) <= _WIDEST_MATRIX:
        table = _table(console, "truth \\ int8", *map(str, range(len(matrix))))
        for truth, row in enumerate(matrix):
            texts = [f"[bold]{count}[/]" if truth == number else str(count or "·") for number, count in enumerate(row)]
            table.add_row(terminal_text(_class_name(record, truth)), *texts)
        console.print(table)
        return
    pairs = [(count, truth, number) for truth, row in enumerate(matrix) for number, count in enumerate(row)]
    table = _table(console, "truth", "taken for", "images", left=2)
    for count, truth, number in sorted(pairs, key=lambda pair: -pair[0]):
        if count and truth != number and table.row_count < _FLIPS_SHOWN:
            table.add_row(
                terminal_text(_class_name(record, truth)), terminal_text(_class_name(record, number)), thousands(count)
            )
    console.print(table)


def _show_flips(console: Any, record: AccuracyExplanation, flips: Sequence[FlippedImage]) -> None:
    from mcugen.text import terminal_text

    table = _table(console, "flipped image", "float", "int8", "truth", "float's margin", left=4)
    for flip in flips[:_FLIPS_SHOWN]:
        names = [terminal_text(_class_name(record, number)) for number in (flip.float_, flip.int8, flip.truth)]
        table.add_row(str(flip.index), *names, f"{flip.float_margin:.3g}")
    console.print(table)
    if len(flips) > _FLIPS_SHOWN:
        console.print(f"{len(flips) - _FLIPS_SHOWN} more flipped; --json names all")
