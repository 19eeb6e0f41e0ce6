"""mcugen train --task classify: a net that tells classes of images apart."""

from __future__ import annotations

import typer

from mcugen.cli.console import emit
from mcugen.cli.train_output import count_classes, counts_line, doubts, show_training, training_output
from mcugen.cli.train_page import write_classifier_page
from mcugen.cli.train_run import Wanted, shown_training, tell


def train_to_classify(wanted: Wanted) -> None:
    """Raises McugenError, before anything that takes long where it can."""
    from mcugen.data.splits import load_splits
    from mcugen.nets.layers import require_classifier
    from mcugen.training.parts import labelled
    from mcugen.training.processes import joined_processes
    from mcugen.training.tasks.classify import Classify
    from mcugen.training.teacher import load_teacher

    outline = wanted.make(1)
    require_classifier(outline)
    beginning = wanted.beginning(outline)
    taught_by = None if wanted.teacher is None else load_teacher(wanted.teacher, wanted.device)
    objective = Classify(wanted.recipe, taught_by)
    with (
        joined_processes() as processes,
        shown_training(processes.first, objective.described) as (progress, listener),
    ):
        height, width, channels = outline.input_shape
        images = load_splits(**wanted.source, height=height, width=width, channels=channels, progress=progress)
        skipped = [line for part in images for line in part.skipped]
        if processes.first:
            tell(skipped, ())
        classes = count_classes(images)
        warned = doubts(images, classes) if processes.first else ()
        if processes.first:
            typer.echo(counts_line(images, classes), err=True)
            tell([], warned)
        if taught_by is not None:
            taught_by.require_classes(classes, images[0].classes, str(wanted.teacher))
        parts = labelled(images[0]), labelled(images[1])
        trained = wanted.train(
            wanted.make(classes), objective, parts, images[0].classes, processes, listener, beginning
        )
        first = processes.first
    if first and trained is not None:
        names = images[0].classes or tuple(map(str, range(classes)))
        confusion = write_classifier_page(trained, wanted.output, images[1], names, warned)
        view = training_output(trained, wanted.output, images, warned, beginning, confusion)
        emit(view, lambda: show_training(view, confusion, names), as_json=wanted.as_json, file=wanted.report)
