"""mcugen train --task regress: a net that tells numbers of images, from a CSV file of files and values."""

from __future__ import annotations

from pathlib import Path

from mcugen.cli.train_doubts import held_lines, value_lines
from mcugen.cli.train_run import Wanted, shown_training, tell
from mcugen.cli.train_vectors import report_vectors


def train_to_regress(wanted: Wanted) -> None:
    """Raises McugenError, before anything that takes long where it can."""
    from mcugen.data.reading import reading_options
    from mcugen.data.values import load_values
    from mcugen.nets.layers import require_classifier
    from mcugen.training.processes import joined_processes
    from mcugen.training.subset import all_of
    from mcugen.training.tasks.regress import Regress, described

    outline = wanted.make(1)
    require_classifier(outline)
    beginning = wanted.beginning(outline)
    with (
        joined_processes(wanted.device) as processes,
        shown_training(processes.first, described) as (progress, listener),
    ):
        how = reading_options(wanted.source, outline.input_shape)
        images = load_values(Path(wanted.source["data"]), **how, progress=progress)
        if processes.first:
            tell([line for part in images for line in part.skipped], ())
        subsets = all_of(images[0].images, images[0].values), all_of(images[1].images, images[1].values)
        names = images[0].names
        objective = Regress(subsets[0])
        warned: tuple[str, ...] = ()
        if processes.first:
            warned = (*value_lines(*images), *held_lines(images[0], subsets[0], objective, wanted.recipe))
            tell([], warned)
        trained = wanted.train(wanted.make(len(names)), objective, subsets, names, processes, listener, beginning)
        first = processes.first
    if first and trained is not None:
        report_vectors(wanted, trained, objective, images, names, warned, beginning)
