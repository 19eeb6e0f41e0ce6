"""mcugen train --task classify: a net that tells classes of images apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from mcugen.cli.console import counted, emit
from mcugen.cli.train_doubts import held_lines
from mcugen.cli.train_output import count_classes, counts_line, doubts, show_training, training_output
from mcugen.cli.train_page import write_classifier_page
from mcugen.cli.train_run import Wanted, shown_training, tell

if TYPE_CHECKING:
    from mcugen.data import Dataset
    from mcugen.training.teacher import Teacher

_TO_TRY = 1000
_MUCH_WORSE = 0.01


def train_to_classify(wanted: Wanted) -> None:
    """Raises McugenError, before anything that takes long where it can."""
    from mcugen.data.splits import load_splits
    from mcugen.nets.layers import require_classifier
    from mcugen.training.processes import joined_processes
    from mcugen.training.subset import labelled
    from mcugen.training.tasks.classify import Classify
    from mcugen.training.teacher import load_teacher

    outline = wanted.make(1)
    require_classifier(outline)
    beginning = wanted.beginning(outline)
    taught_by = None if wanted.teacher is None else load_teacher(wanted.teacher)
    objective = Classify(wanted.recipe, taught_by)
    with (
        joined_processes(wanted.device) as processes,
        shown_training(processes.first, objective.described) as (progress, listener),
    ):
        if taught_by is not None:
            # Only now is it known which GPU is this process's.
            taught_by.move(wanted.device)
        height, width, channels = outline.input_shape
        images = load_splits(**wanted.source, height=height, width=width, channels=channels, progress=progress)
        skipped = [line for part in images for line in part.skipped]
        if processes.first:
            tell(skipped, ())
        classes = count_classes(images)
        subsets = labelled(images[0]), labelled(images[1])
        warned: tuple[str, ...] = ()
        if processes.first:
            warned = (*doubts(images, classes), *held_lines(images[0], subsets[0], objective, wanted.recipe))
            typer.echo(counts_line(images, classes), err=True)
            tell([], warned)
        if taught_by is not None:
            taught_by.require_classes(classes, images[0].classes, str(wanted.teacher))
            if processes.first:
                typer.echo(_teacher_line(taught_by, images[1], wanted.device), err=True)
        trained = wanted.train(
            wanted.make(classes), objective, subsets, images[0].classes, processes, listener, beginning
        )
        first = processes.first
    if first and trained is not None:
        names = images[0].classes or tuple(map(str, range(classes)))
        confusion = write_classifier_page(trained, wanted.output, images[1], names, warned)
        record = training_output(trained, wanted.output, images, warned, beginning, confusion)
        emit(record, lambda: show_training(record, confusion, names), as_json=wanted.as_json, file=wanted.report)


def _teacher_line(teacher: Teacher, test: Dataset, device: str) -> str:
    """How good the teacher is on images made as the small net's are, which need not be those that it learned from."""
    from mcugen.accuracy.sample import spread_indices

    tried = spread_indices(len(test.images), _TO_TRY)
    top1 = teacher.accuracy(test.images[tried], test.labels[tried], device)
    line = f"teacher: top-1 {top1:.2%} on {counted(len(tried), 'test image')}, made as the small net's are"
    if teacher.top1 is not None and top1 < teacher.top1 - _MUCH_WORSE:
        line += f"; {teacher.top1:.2%} on its own: the same --fit and crop for both teach more"
    return line
