"""What `mcugen train` says of its data, while it runs, and at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mcugen.cli.console import counted, progress_bar, thousands
from mcugen.cli.train_page import PAGE
from mcugen.text import one_line

if TYPE_CHECKING:
    import numpy as np

    from mcugen.data import Dataset
    from mcugen.schemas.train import Beginning as Schema
    from mcugen.schemas.train import ClassImages, TrainOutput
    from mcugen.training.pretrained.beginning import Beginning
    from mcugen.training.run import Listener, Trained
    from mcugen.training.tasks.objective import Objective

_MOST_CLASSES_SHOWN = 20
_MOST_LAYERS_SHOWN = 8
_FEW = 50
_FEW_TO_TEST = 100
_UNEVEN = 4


def class_images(images: tuple[Dataset, Dataset], classes: int) -> tuple[ClassImages, ...]:
    """How many images of each class there are, to train and to test."""
    import numpy as np

    from mcugen.schemas.train import ClassImages

    names = images[0].classes
    counts = [np.bincount(part.labels, minlength=classes).tolist() for part in images]
    return tuple(
        ClassImages(names[number] if names else str(number), *of_class)
        for number, of_class in enumerate(zip(*counts, strict=True))
    )


def counts_line(images: tuple[Dataset, Dataset], classes: int) -> str:
    """Images by class, to train and to test; of many classes those with the fewest and the most."""
    counts = class_images(images, classes)
    if len(counts) > _MOST_CLASSES_SHOWN:
        ordered = sorted(counts, key=lambda each: each.images)
        few, many = (f"{thousands(each.images)} ({one_line(each.label)})" for each in (ordered[0], ordered[-1]))
        return f"images: {len(counts)} classes of {few} to {many} to train"
    shown = ", ".join(f"{one_line(each.label)} {each.images:,} + {each.test_images:,}" for each in counts)
    return f"images to train + to test: {shown}"


def doubts(images: tuple[Dataset, Dataset], classes: int) -> tuple[str, ...]:
    """What makes the accuracy on the test images, or the training, worth less than it seems; one line each."""
    from mcugen.data.duplicates import shared_images

    lines = []
    shared = shared_images(*images)
    if shared:
        named = [
            " is ".join(_name(part, index) for part, index in zip(images[::-1], pair, strict=True)) for pair in shared
        ]
        lines.append(
            f"{counted(len(shared), 'test image')} {'is' if len(shared) == 1 else 'are'} among those to train on: "
            f"{_some(tuple(named))}"
        )
    counts = class_images(images, classes)
    few = [each for each in counts if each.images < _FEW]
    if few:
        named = [f"{each.label} {each.images}" for each in few]
        lines.append(
            f"fewer than {_FEW} images to train on: {_some(tuple(named))}; "
            "begin with a trained net (--init), or take more"
        )
    tested = sum(each.test_images for each in counts)
    if tested < _FEW_TO_TEST:
        lines.append(f"{counted(tested, 'test image')}: one of them is {1 / tested:.1%} of accuracy")
    most, least = (pick(each.images for each in counts) for pick in (max, min))
    if most > _UNEVEN * max(least, 1):
        lines.append(f"classes have {least:,} to {most:,} images: --balance shows each class equally often")
    return tuple(lines)


def _name(part: Dataset, index: int) -> str:
    return part.files[index] if part.files else f"{index}"


def count_classes(images: tuple[Dataset, Dataset]) -> int:
    """How many classes the net tells apart; raises McugenError where there are no images, or labels beyond them."""
    from mcugen.diagnostics import McugenError

    train_images, test_images = images
    for part, purpose in ((train_images, "train"), (test_images, "test")):
        if not len(part.labels):
            raise McugenError(f"{part.name} has no images to {purpose} on")
    count = len(train_images.classes) or int(train_images.labels.max()) + 1
    if train_images.labels.max() >= count:
        highest = train_images.labels.max()
        raise McugenError(f"{train_images.name} has images of class {highest}, and names of classes 0 to {count - 1}")
    if test_images.labels.max() >= count:
        raise McugenError(f"{test_images.name} has test images of class {test_images.labels.max()}, and none to train")
    if count < 2:
        raise McugenError(f"{train_images.name} has one class only", "a net tells two or more apart")
    return count


@contextmanager
def shown_training(first: bool, objective: Objective) -> Iterator[tuple[Any, Listener]]:
    """Progress and, for every epoch, a line on stderr; nothing in any process but the first."""
    from mcugen.training.loop import EpochResult
    from mcugen.training.run import Listener

    if not first:
        yield (lambda what, done, total: None), Listener()
        return

    def on_epoch(result: EpochResult) -> None:
        held = "" if result.validation is None else f", validation {objective.described(result.validation)}"
        tested = "" if result.test is None else f", test {objective.described(result.test)}"
        typer.echo(f"epoch {result.epoch}: loss {result.loss:.4f}{held}{tested}, {result.seconds:.1f} s", err=True)

    with progress_bar() as progress:

        def on_step(epoch: int, step: int, steps: int, loss: float) -> None:
            progress(f"epoch {epoch}, loss {loss:.3f}", step, steps)

        yield progress, Listener(on_step, on_epoch)


def training_output(
    trained: Trained,
    directory: Path,
    images: tuple[Dataset, Dataset],
    skipped: list[str],
    warned: tuple[str, ...],
    beginning: Beginning | None,
    confusion: np.ndarray,
) -> TrainOutput:
    """What the command prints of a run that ended with this checkpoint."""
    from mcugen.nets.costs import net_cost
    from mcugen.schemas.nets import NetOptions
    from mcugen.schemas.train import TrainingRecipe, TrainOutput
    from mcugen.training.run import CHECKPOINT

    checkpoint = trained.checkpoint
    cost = net_cost(checkpoint.architecture)
    return TrainOutput(
        checkpoint=str(directory / CHECKPOINT),
        net=checkpoint.net,
        options=NetOptions(**checkpoint.options),
        recipe=TrainingRecipe(**checkpoint.recipe),
        labels=tuple(checkpoint.labels),
        images=len(images[0].images),
        test_images=len(images[1].images),
        classes=class_images(images, checkpoint.architecture.num_classes),
        skipped=tuple(skipped),
        doubts=warned,
        parameters=cost.parameters,
        macs=cost.macs,
        epochs=trained.epochs,
        kept_epoch=checkpoint.epoch,
        validation_images=trained.validation_images,
        validation_top1=checkpoint.metrics.get("validation_top1"),
        top1=checkpoint.metrics["top1"],
        test_loss=checkpoint.metrics["test_loss"],
        confusion=tuple(map(tuple, confusion.tolist())),
        page=str(directory / PAGE),
        beginning=None if beginning is None else _beginning(beginning),
    )


def _beginning(beginning: Beginning) -> Schema:
    from mcugen.schemas.train import Beginning as Schema

    matches = beginning.matches
    return Schema(beginning.path.name, len(matches.pairs), matches.fresh, matches.unused)


def beginning_line(beginning: Beginning) -> str:
    """How many layers have weights of the file, which do not, and what of the file has no place."""
    matches = beginning.matches
    fresh = f"; new: {_some(matches.fresh)}" if matches.fresh else ""
    unused = f"; not used: {_some(matches.unused)}" if matches.unused else ""
    found = counted(len(matches.pairs), "layer")
    return f"{one_line(str(beginning.path))}: {found} of the net begin with its weights{fresh}{unused}"


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(map(one_line, names[:_MOST_LAYERS_SHOWN]))
    return shown if len(names) <= _MOST_LAYERS_SHOWN else f"{shown} and {len(names) - _MOST_LAYERS_SHOWN} more"


def show_training(view: TrainOutput, confusion: np.ndarray, names: tuple[str, ...]) -> None:
    """The lines for people."""
    from mcugen.report.training.confusion import confusion_lines

    if view.skipped:
        typer.echo(f"left out {counted(len(view.skipped), 'file')} that could not be read")
    typer.echo(
        f"{one_line(view.checkpoint)}: top-1 {view.top1:.2%} on {thousands(view.test_images)} test images after "
        f"{_epochs(view)}; {thousands(view.parameters)} parameters, {thousands(view.macs)} MACs"
    )
    for line in confusion_lines(confusion, names):
        typer.echo(line)
    typer.echo(f"{one_line(view.page)}: curves, confusion and images that are wrong")


def _epochs(view: TrainOutput) -> str:
    if view.validation_top1 is None:
        return counted(view.epochs, "epoch")
    images = counted(view.validation_images, "image")
    return f"epoch {view.kept_epoch} of {view.epochs}, the best on {images} held back ({view.validation_top1:.2%})"
