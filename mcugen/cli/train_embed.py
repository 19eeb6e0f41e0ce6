"""mcugen train --task embed: a net whose vectors are alike for images of a class."""

from __future__ import annotations

import typer

from mcugen.cli.train_doubts import held_lines
from mcugen.cli.train_output import count_classes, counts_line, doubts
from mcugen.cli.train_run import Wanted, shown_training, tell
from mcugen.cli.train_vectors import report_vectors


def train_to_embed(wanted: Wanted) -> None:
    """Raises McugenError, before anything that takes long where it can."""
    from mcugen.data.splits import load_splits
    from mcugen.nets.layers import require_classifier
    from mcugen.training.processes import joined_processes
    from mcugen.training.subset import labelled
    from mcugen.training.tasks.embed import Embed

    net = wanted.make(wanted.dimension)
    require_classifier(net)
    beginning, objective = wanted.beginning(net), Embed()
    with (
        joined_processes(wanted.device) as processes,
        shown_training(processes.first, objective.described) as (progress, listener),
    ):
        height, width, channels = net.input_shape
        images = load_splits(**wanted.source, height=height, width=width, channels=channels, progress=progress)
        classes = count_classes(images)
        subsets = labelled(images[0]), labelled(images[1])
        warned: tuple[str, ...] = ()
        if processes.first:
            tell([line for part in images for line in part.skipped], ())
            typer.echo(counts_line(images, classes), err=True)
            warned = (*doubts(images, classes), *held_lines(images[0], subsets[0], objective, wanted.recipe))
            tell([], warned)
        trained = wanted.train(net, objective, subsets, (), processes, listener, beginning)
        first = processes.first
    if first and trained is not None:
        report_vectors(wanted, trained, objective, images, (), warned, beginning)
