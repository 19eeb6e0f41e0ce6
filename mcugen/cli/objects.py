"""--detect of accuracy and report: precision, recall and F1 of the objects that a net finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mcugen.cli.console import thousands
from mcugen.cli.measured import say_images
from mcugen.diagnostics import McugenError

if TYPE_CHECKING:
    from mcugen.accuracy.objects import ObjectsFound
    from mcugen.camera import CameraOptions
    from mcugen.cli.train_options import Task
    from mcugen.compiler import Compiled
    from mcugen.data import Normalization
    from mcugen.ir import Graph
    from mcugen.schemas.accuracy import AccuracyOutput
    from mcugen.schemas.report.document import ReportDetection


def refuse_beside_objects(images: Path | None, data_dir: Path | None, picture: Path | None) -> None:
    """Raises McugenError for options of classifiers, and for pictures that cannot be written."""
    from mcugen.accuracy.object_picture import FORMATS
    from mcugen.extras import require
    from mcugen.output import check_places

    for option, value in (("--images", images), ("--data-dir", data_dir)):
        if value is not None:
            raise McugenError(f"{option} is of classifiers", "with --detect, --data names images with boxes")
    if picture is not None:
        if picture.suffix.lower() not in FORMATS:
            raise McugenError(f"{picture}: no kind of picture", f"its name ends in {', '.join(FORMATS)}")
        check_places(picture)
        require("matplotlib", "plots", "a picture of objects")


def refuse_for_report(
    data: str | None, data_dir: Path | None, float_model: Path | None, task: Task | None, *, drawn: bool
) -> None:
    """The same of a report, and without images. drawn: there will be a page."""
    from mcugen.extras import require

    if data is None:
        raise McugenError("--detect finds objects in images with boxes, and none are named", "add --data")
    for option, value in (("--float", float_model), ("--task", task)):
        if value is not None:
            raise McugenError(f"{option} is not of --detect", "leave it out")
    refuse_beside_objects(None, data_dir, None)
    if drawn:
        require("matplotlib", "plots", "a picture of objects")


def measure_objects(
    graph: Graph,
    model: str,
    data: Path,
    limit: int | None,
    threshold: float,
    normalization: Normalization | None,
    picture: Path | None,
    camera: CameraOptions | None,
    progress: Callable[[str, int, int], None],
) -> AccuracyOutput:
    """What a graph finds in images with boxes, drawn into `picture` if there is one. model: the file's name. camera: by
    which the images reach the net."""
    from mcugen.accuracy.object_picture import write_picture
    from mcugen.accuracy.objects import find_objects, load_box_sample

    sample, total = load_box_sample(data, graph, limit, progress, camera)
    objects = find_objects(graph, sample, threshold, normalization, progress)
    if picture is not None:
        write_picture(picture, graph, objects)
    return objects_record(model, objects, total)


def objects_record(model: str, objects: ObjectsFound, total: int) -> AccuracyOutput:
    """What was found, in figures. model: the file's name. total: test images that the data has."""
    from mcugen.accuracy.records import input_record
    from mcugen.detection.matching import Counts
    from mcugen.schemas.accuracy import AccuracyOutput, ObjectAccuracy

    sample = objects.data
    rows = [("", sum(objects.counts, Counts())), *zip(sample.classes, objects.counts, strict=True)]
    return AccuracyOutput(
        model=model,
        data=sample.name,
        images=len(sample.images),
        of=total,
        skipped=sample.skipped,
        correct=None,
        top1=None,
        input=input_record(objects.quality),
        classes=(),
        objects=tuple(
            ObjectAccuracy(
                label, each.found + each.missed, each.found, each.wrong, each.precision, each.recall, each.f1
            )
            for label, each in rows
        ),
    )


def detection_of(
    compiled: Compiled,
    data: Path,
    limit: int,
    threshold: float,
    normalization: Normalization | None,
    camera: CameraOptions | None,
    progress: Callable[[str, int, int], None],
) -> tuple[ObjectsFound, ReportDetection]:
    """What is found in images with boxes, and the same in figures. Raises McugenError as `load_box_sample` does."""
    from mcugen.accuracy.objects import find_objects, load_box_sample
    from mcugen.codegen.detection import detector_bytes
    from mcugen.schemas.report.document import ReportDetection

    progress("reading images", 0, 0)
    sample, total = load_box_sample(data, compiled.imported, limit, progress, camera)
    objects = find_objects(compiled.imported, sample, threshold, normalization, progress)
    record = objects_record(compiled.model_file, objects, total)
    return objects, ReportDetection(threshold, detector_bytes(objects.detector), record)


def show_objects(graph: Graph, record: AccuracyOutput) -> None:
    """The same for people."""
    from msgspec import UNSET
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from mcugen.text import terminal_text

    console = say_images(graph, record)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("class")
    for heading in ("objects", "found", "wrong", "precision", "recall", "F1"):
        table.add_column(heading, justify="right")
    assert record.objects is not UNSET
    every, *by_class = record.objects
    for row in (*by_class, every):
        if row is every:
            table.add_section()
        counts = (thousands(row.objects), thousands(row.found), thousands(row.wrong))
        shares = (
            f"{row.precision:.1%}",
            f"{row.recall:.1%}",
            f"[bold]{row.f1:.2%}[/]" if row is every else f"{row.f1:.1%}",
        )
        table.add_row(terminal_text(row.label or "all"), *counts, *shares)
    console.print(table)
