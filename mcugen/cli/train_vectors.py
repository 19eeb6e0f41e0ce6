"""What `mcugen train` says of nets that tell vectors or numbers of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from mcugen.cli.console import counted, emit, thousands
from mcugen.cli.train_page import write_page
from mcugen.cli.train_run import Wanted, kept_epoch, show_camera
from mcugen.cli.trained_net import trained_net
from mcugen.text import one_line

if TYPE_CHECKING:
    from mcugen.data import Dataset
    from mcugen.data.values import ValueDataset
    from mcugen.schemas.train import VectorOutput
    from mcugen.training.pretrained.beginning import Beginning
    from mcugen.training.run import Trained
    from mcugen.training.tasks.objective import Objective


def report_vectors(
    wanted: Wanted,
    trained: Trained,
    objective: Objective,
    images: tuple[Dataset, Dataset] | tuple[ValueDataset, ValueDataset],
    values: tuple[str, ...],
    doubts: tuple[str, ...],
    beginning: Beginning | None,
) -> None:
    """Page, JSON and lines. values: names of the numbers, none of vectors."""
    from mcugen.schemas.train import VectorOutput
    from mcugen.training.log import test_name, validation_name

    checkpoint = trained.checkpoint
    measured = {name: checkpoint.metrics[test_name(name)] for name in objective.measures}
    held = {name: checkpoint.metrics.get(validation_name(name)) for name in objective.measures}
    best = objective.described({k: v for k, v in held.items() if v is not None}) if trained.validation_images else ""
    record = VectorOutput(
        **trained_net(trained, wanted.output, images, doubts, beginning),
        task=str(checkpoint.task["name"]),
        values=values,
        test_loss=measured["loss"],
        recall_at_1=measured.get("recall_at_1"),
        mean_absolute_error=measured.get("mean_absolute_error"),
    )
    figures = [(name.replace("_", " "), f"{value:.4g}") for name, value in measured.items()]
    subtitle = f"{counted(record.images, 'image')} to train on, {counted(record.test_images, 'test image')}"
    write_page(trained, wanted.output, images[0].name, figures[::-1], subtitle, doubts)

    def show(record: VectorOutput) -> None:
        after = kept_epoch(record.kept_epoch, record.epochs, record.validation_images, best)
        tested = counted(record.test_images, "test image")
        typer.echo(
            f"{one_line(record.checkpoint)}: {objective.described(measured)} on {tested} "
            f"after {after}; {thousands(record.parameters)} parameters, {thousands(record.macs)} MACs"
        )
        typer.echo(f"{one_line(record.page)}: curves, settings and what comes next")
        show_camera(record.camera)

    emit(record, lambda: show(record), as_json=wanted.as_json, file=wanted.report)
