"""mcugen accuracy: how right a model is on a data set, by mcugen's own reference: top-1, or what its task has."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from mcugen.cli.camera import CameraText, Crop, Mirror, ResizeBy, ResizeOption, Rotate, chosen_camera
from mcugen.cli.console import emit, progress_bar, thousands
from mcugen.cli.errors import warn
from mcugen.cli.explained import FloatModel, TaskOfNet, task_of_net, warn_of_classes
from mcugen.cli.measured import say_images
from mcugen.cli.normalization import parse_normalization
from mcugen.cli.objects import measure_objects, refuse_beside_objects, show_objects
from mcugen.cli.options import Data, DataDir, Detect, Deviation, ExternalData, Json, Mean, Model, Pixels, Report
from mcugen.cli.outputs import measure_outputs, show_measured_outputs

if TYPE_CHECKING:
    import numpy as np

    from mcugen.accuracy import FloatTwin, Sample
    from mcugen.accuracy.input_quality import InputQuality
    from mcugen.camera import CameraOptions
    from mcugen.ir import Graph
    from mcugen.schemas.accuracy import AccuracyOutput


def accuracy(
    model: Model,
    data: Data = None,
    images: Annotated[
        Path | None, typer.Option(metavar="FILE.npz", help="The same as --data FILE.npz, whatever the file's name.")
    ] = None,
    data_dir: DataDir = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only N images, spread evenly over the test images.")
    ] = None,
    mean: Mean = None,
    deviation: Deviation = None,
    pixels: Pixels = None,
    detect: Detect = None,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="With --detect: draw what was found in some images (.png, .svg, .pdf)."),
    ] = None,
    task: TaskOfNet = None,
    float_model: FloatModel = None,
    camera: CameraText = None,
    crop: Crop = "center",
    resize: ResizeOption = ResizeBy.AREA,
    rotate: Rotate = 0,
    mirror: Mirror = False,
    external_data: ExternalData = False,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Measure the top-1 accuracy of a model on a data set, with the integer arithmetic that the C code has.

    Images of folders are resized; smaller ones of other data sets get a border of zeros. Floating-point models are
    given pixel / 255 (changed by --pixels, or --mean and --std), int8 models pixel - 128, as NAME_invoke_u8 does.
    Where what pixels become looks wrong, a warning says so. With --camera images fill its crop and reach the net as its
    frames do, with the colours, sizes and rounding of the C code's camera path.

    Nets that mcugen quantize made of --task embed or regress say so in their file, others by --task. Of vectors it is
    recall at 1 and how well an angle tells same from different, of numbers their mean absolute error and R2; with
    --float those of the checkpoint, too.

    Example: mcugen accuracy fashion.onnx --data fashion-mnist

    With --detect, --data has images with boxes (see docs/detection.md), and precision, recall and F1 are by object.

    Example: mcugen accuracy photos.tflite --data photos

    Example: mcugen accuracy photos.tflite --data photos --camera rgb565be:320x240

    Example: mcugen accuracy vectors.pt2 --data photos --float runs/vectors/checkpoint.pt

    Example: mcugen accuracy objects.pt2 --data objects --detect 0.5 --picture found.png
    """
    # Matrices are small: threads of BLAS only get into each other's way. Must be set before NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from mcugen.accuracy import archive_of, load_sample, load_twin, sample_of
    from mcugen.accuracy.classify import classify
    from mcugen.accuracy.outputs import class_targets, load_targets
    from mcugen.diagnostics import McugenError
    from mcugen.frontend import load_model
    from mcugen.reference.pixels import parse_pixels

    if (images is None) == (data is None):
        raise McugenError("accuracy needs one data set", "--data, as in --data FOLDER, or --images FILE.npz")
    normalization = parse_normalization(mean, deviation)
    if pixels is not None and normalization is not None:
        raise McugenError("--pixels and --mean or --std both say how images are prepared", "give one of them")
    seen_by = chosen_camera(camera, crop, resize, rotate, mirror)
    if detect is not None:
        refuse_beside_objects(images, data_dir, picture)
    elif picture is not None:
        raise McugenError("--picture shows objects", "it is for --detect")
    with progress_bar() as progress:
        progress("reading the model", 0, 0)
        graph = load_model(model, external_data=external_data)
        if pixels is not None:
            graph = replace(graph, pixels=parse_pixels(pixels, graph))
        kind = task_of_net(graph, task)
        if kind != "classify" and detect is not None:
            raise McugenError(f"--detect finds objects; {model.name} is for {kind}", "leave --detect out")
        twin = None
        if float_model is not None:
            if kind == "classify":
                raise McugenError("--float is of --task embed and regress", "mcugen analyze --data compares classes")
            progress("reading the float model", 0, 0)
            twin = load_twin(float_model, graph, external_data=external_data)
        progress("reading images", 0, 0)
        if detect is not None:
            folder = Path(cast("str", data))
            record = measure_objects(
                graph, model.name, folder, limit, detect, normalization, picture, seen_by, progress
            )
        elif kind != "classify":
            if data is not None:
                trained_on = None if twin is None else twin.trained_on
                targets = load_targets(
                    data,
                    graph,
                    kind,
                    limit=limit,
                    data_dir=data_dir,
                    trained_on=trained_on,
                    camera=seen_by,
                    progress=progress,
                )
            elif kind == "embed":
                targets = class_targets(archive_of(cast("Path", images), graph, seen_by), limit)
            else:
                raise McugenError("--images holds labels, not numbers", "name a table of images and numbers by --data")
            record = measure_outputs(graph, model.name, targets, twin, normalization, progress)
        else:
            if data is not None:
                sample = load_sample(data, graph, limit=limit, data_dir=data_dir, camera=seen_by, progress=progress)
            else:
                sample = sample_of(archive_of(cast("Path", images), graph, seen_by), graph, limit)
            warn_of_classes(graph, task, sample)
            predictions, quality = classify(graph, sample, normalization, progress)
            record = _report(model, sample, predictions, quality)
    show = show_objects if detect is not None else _show if kind == "classify" else show_measured_outputs
    emit(record, lambda: show(graph, record), as_json=as_json, file=report)
    if not as_json:
        warn([*record.input.warnings, *_of_another_camera(graph, seen_by, twin)])


def _of_another_camera(graph: Graph, camera: CameraOptions | None, twin: FloatTwin | None) -> list[str]:
    """A line where the net was trained by a camera, and images came by none or by one that makes others of them."""
    trained_with, shape = graph.trained_with, graph.input_tensor.shape
    if trained_with is None or (camera is None and twin is not None and twin.trained_on.get("camera")):
        return []
    if camera is not None and camera.of(shape) == trained_with.of(shape):
        return []
    by = "a camera" if camera is None else "another camera"
    return [f"{graph.name} was trained by {by}; images reach it as then with {trained_with.words}"]


def _report(model: Path, sample: Sample, predictions: np.ndarray, quality: InputQuality) -> AccuracyOutput:
    from mcugen.accuracy.records import input_record
    from mcugen.schemas.accuracy import AccuracyOutput, ClassAccuracy

    dataset, labels = sample.dataset, sample.dataset.classes
    right = predictions == dataset.labels
    classes = sorted(set(dataset.labels.tolist()))
    by_class = []
    for number in classes:
        of_class = dataset.labels == number
        by_class.append(
            ClassAccuracy(
                class_=number,
                label=labels[number] if number < len(labels) else "",
                images=int(of_class.sum()),
                correct=int(right[of_class].sum()),
            )
        )
    return AccuracyOutput(
        model=model.name,
        data=dataset.name,
        images=len(predictions),
        of=sample.total,
        skipped=dataset.skipped,
        correct=int(right.sum()),
        top1=float(right.mean()),
        input=input_record(quality),
        classes=tuple(by_class),
    )


def _show(graph: Graph, record: AccuracyOutput) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from mcugen.text import terminal_text

    console = say_images(graph, record)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("class")
    for heading in ("images", "right", "top-1"):
        table.add_column(heading, justify="right")
    for entry in record.classes:
        name = f"{entry.class_} {entry.label}".strip()
        share = f"{entry.correct / entry.images:.1%}"
        table.add_row(terminal_text(name), thousands(entry.images), thousands(entry.correct), share)
    table.add_section()
    table.add_row("all", thousands(record.images), thousands(record.correct or 0), f"[bold]{record.top1:.2%}[/]")
    console.print(table)
