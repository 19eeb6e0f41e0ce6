"""mcugen train --task detect: a net that finds objects, from images with boxes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mcugen.cli.console import counted, emit, progress_bar, thousands
from mcugen.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcugen.nets import Architecture
    from mcugen.schemas.train import DetectorOutput
    from mcugen.training.detect import DetectionResult
    from mcugen.training.recipe import Recipe


def train_to_detect(
    make: Callable[[int], Architecture],
    recipe: Recipe,
    source: dict[str, Any],
    output: Path,
    object_weight: float | None,
    refused: Mapping[str, bool],
    *,
    as_json: bool,
    report: Path | None,
) -> None:
    """make: the net of so many classes. source: where boxes are, for the checkpoint. refused: options that detection
    does not have, with whether they were given. Raises McugenError, before anything that takes long where it can."""
    from mcugen.data.boxes import load_boxes
    from mcugen.data.resize import Resize
    from mcugen.diagnostics import McugenError
    from mcugen.training.detect import OBJECT_WEIGHT, require_cells, train_detector

    for option, given in refused.items():
        if given:
            raise McugenError(f"{option} is not of --task detect", "leave it out")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise McugenError("nets that find objects are trained by one process", "run it without torchrun")
    require_cells(make(2))
    height, width, channels = make(2).input_shape
    with progress_bar() as progress:
        images = load_boxes(
            Path(source["data"]),
            height=height,
            width=width,
            channels=channels,
            resize=Resize(source["fit"] or Resize.RESIZE),
            split=source["split"],
            seed=source["seed"],
            progress=progress,
        )
        for part in images:
            for line in part.skipped:
                typer.echo(f"mcugen: left out: {one_line(line)}", err=True)

        def on_epoch(result: DetectionResult) -> None:
            numbers = f"precision {result.precision:.2%}, recall {result.recall:.2%}, F1 {result.f1:.2%}"
            typer.echo(f"epoch {result.epoch}: loss {result.loss:.4f}, {numbers}, {result.seconds:.1f} s", err=True)

        checkpoint = train_detector(
            make(len(images[0].classes) + 1),
            *images,
            recipe,
            output,
            data=source,
            object_weight=OBJECT_WEIGHT if object_weight is None else object_weight,
            on_step=lambda epoch, step, steps, loss: progress(f"epoch {epoch}, loss {loss:.3f}", step, steps),
            on_epoch=on_epoch,
        )
    from mcugen.nets.costs import net_cost
    from mcugen.schemas.nets import NetOptions
    from mcugen.schemas.train import DetectorOutput, TrainingRecipe
    from mcugen.training.run import CHECKPOINT

    cost = net_cost(checkpoint.architecture)
    view = DetectorOutput(
        checkpoint=str(output / CHECKPOINT),
        net=checkpoint.net,
        options=NetOptions(**checkpoint.options),
        recipe=TrainingRecipe(**checkpoint.recipe),
        labels=checkpoint.labels,
        images=len(images[0].images),
        test_images=len(images[1].images),
        objects=sum(map(len, images[0].boxes)),
        test_objects=sum(map(len, images[1].boxes)),
        skipped=tuple(line for part in images for line in part.skipped),
        parameters=cost.parameters,
        macs=cost.macs,
        epochs=checkpoint.epoch,
        precision=checkpoint.metrics["precision"],
        recall=checkpoint.metrics["recall"],
        f1=checkpoint.metrics["f1"],
    )
    emit(view, lambda: _show(view), as_json=as_json, file=report)


def _show(view: DetectorOutput) -> None:
    typer.echo(
        f"{one_line(view.checkpoint)}: F1 {view.f1:.2%} of {counted(view.test_objects, 'object')} in "
        f"{counted(view.test_images, 'test image')} after {counted(view.epochs, 'epoch')}; "
        f"{thousands(view.parameters)} parameters, {thousands(view.macs)} MACs"
    )
