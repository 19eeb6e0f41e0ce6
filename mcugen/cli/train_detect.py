"""mcugen train --task detect: a net that finds objects, from images with boxes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mcugen.cli.console import counted, emit, thousands
from mcugen.cli.train_doubts import held_lines, shared_lines
from mcugen.cli.train_page import next_commands, write_page
from mcugen.cli.train_run import Wanted, kept_epoch, show_camera, shown_training, some, tell
from mcugen.cli.trained_net import trained_net
from mcugen.text import one_line

if TYPE_CHECKING:
    from mcugen.data.boxes import BoxDataset
    from mcugen.schemas.train import DetectorOutput
    from mcugen.training.pretrained.beginning import Beginning
    from mcugen.training.run import Trained


def train_to_detect(wanted: Wanted) -> None:
    """Raises McugenError, before anything that takes long where it can."""
    from mcugen.data.boxes import load_boxes
    from mcugen.data.reading import reading_options
    from mcugen.training.detect import require_cells
    from mcugen.training.processes import joined_processes
    from mcugen.training.tasks.detect import Detect, boxed

    outline = wanted.make(2)
    require_cells(outline)
    beginning = wanted.beginning(outline)
    described = Detect(outline).described
    with (
        joined_processes(wanted.device) as processes,
        shown_training(processes.first, described) as (progress, listener),
    ):
        how = reading_options(wanted.source, outline.input_shape)
        images = load_boxes(Path(wanted.source["data"]), **how, progress=progress)
        net = wanted.make(len(images[0].classes) + 1)
        objective = Detect(net, wanted.recipe.object_weight)
        labels = ("background", *images[0].classes)
        subsets = boxed(images[0]), boxed(images[1])
        warned: tuple[str, ...] = ()
        if processes.first:
            warned = (*_doubts(*images), *held_lines(images[0], subsets[0], objective, wanted.recipe))
            tell([line for part in images for line in part.skipped], warned)
        trained = wanted.train(net, objective, subsets, labels, processes, listener, beginning)
        first = processes.first
    if first and trained is not None:
        record = _output(trained, wanted.output, images, warned, beginning)
        figures = [("F1 by object", record.f1), ("precision", record.precision), ("recall", record.recall)]
        write_page(
            trained,
            wanted.output,
            images[0].name,
            [(name, f"{value:.2%}") for name, value in figures],
            f"{counted(record.objects, 'object')} in {counted(record.images, 'image')} to train on, "
            f"{counted(record.test_objects, 'object')} in {counted(record.test_images, 'test image')}",
            warned,
        )
        commands = next_commands(wanted.output, wanted.source, classes=False, objects=True)
        emit(record, lambda: _show(record, commands), as_json=wanted.as_json, file=wanted.report)


def _doubts(train: BoxDataset, test: BoxDataset) -> tuple[str, ...]:
    """What makes F1 on the test images worth less than it seems, one line each."""
    lines = list(shared_lines(train, test))
    if train.unused:
        lines.append(f"listed, but no box says it, and so no class of the net: {some(train.unused)}")
    if train.lost + test.lost:
        lost = "1 box is" if train.lost + test.lost == 1 else f"{thousands(train.lost + test.lost)} boxes are"
        lines.append(f"{lost} left out: without area, or outside of what is seen of the image")
    for part, purpose in ((train, "train"), (test, "test")):
        there = {int(number) for boxes in part.boxes for number in boxes[:, 0]}
        absent = tuple(name for number, name in enumerate(part.classes) if number not in there)
        if absent:
            lines.append(f"no object to {purpose} on: {some(absent)}")
    return tuple(lines)


def _output(
    trained: Trained,
    directory: Path,
    images: tuple[BoxDataset, BoxDataset],
    doubts: tuple[str, ...],
    beginning: Beginning | None,
) -> DetectorOutput:
    from mcugen.schemas.train import DetectorOutput

    checkpoint = trained.checkpoint
    return DetectorOutput(
        **trained_net(trained, directory, images, doubts, beginning),
        labels=checkpoint.labels,
        objects=sum(map(len, images[0].boxes)),
        test_objects=sum(map(len, images[1].boxes)),
        validation_f1=checkpoint.metrics.get("validation_f1"),
        precision=checkpoint.metrics["precision"],
        recall=checkpoint.metrics["recall"],
        f1=checkpoint.metrics["f1"],
    )


def _show(record: DetectorOutput, commands: tuple[str, ...]) -> None:
    best = "" if record.validation_f1 is None else f"{record.validation_f1:.2%}"
    typer.echo(
        f"{one_line(record.checkpoint)}: F1 {record.f1:.2%} of {counted(record.test_objects, 'object')} in "
        f"{counted(record.test_images, 'test image')} after "
        f"{kept_epoch(record.kept_epoch, record.epochs, record.validation_images, best)}; "
        f"{thousands(record.parameters)} parameters, {thousands(record.macs)} MACs"
    )
    typer.echo(f"{one_line(record.page)}: curves, settings and what comes next:")
    for command in commands:
        typer.echo(f"  {one_line(command)}")
    show_camera(record.camera)
