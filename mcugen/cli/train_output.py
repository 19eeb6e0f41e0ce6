"""What `mcugen train` says of its data, while it runs, and at its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mcugen.cli.console import counted, thousands
from mcugen.cli.train_doubts import FEW, FEW_TO_TEST, shared_lines
from mcugen.cli.train_run import kept_epoch, show_camera, some
from mcugen.cli.trained_net import trained_net
from mcugen.text import one_line

if TYPE_CHECKING:
    import numpy as np

    from mcugen.data import Dataset
    from mcugen.schemas.train import ClassImages, TrainOutput
    from mcugen.training.pretrained.beginning import Beginning
    from mcugen.training.run import Trained

_MOST_CLASSES_SHOWN = 20
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
    lines = list(shared_lines(*images))
    counts = class_images(images, classes)
    few = [each for each in counts if each.images < FEW]
    if few:
        named = [f"{each.label} {each.images}" for each in few]
        lines.append(
            f"fewer than {FEW} images to train on: {some(tuple(named))}; "
            "begin with a trained net (--init), or take more"
        )
    tested = sum(each.test_images for each in counts)
    if tested < FEW_TO_TEST:
        lines.append(f"{counted(tested, 'test image')}: one of them is {1 / tested:.1%} of accuracy")
    most, least = (pick(each.images for each in counts) for pick in (max, min))
    if most > _UNEVEN * max(least, 1):
        lines.append(f"classes have {least:,} to {most:,} images: --balance shows each class equally often")
    return tuple(lines)


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


def training_output(
    trained: Trained,
    directory: Path,
    images: tuple[Dataset, Dataset],
    warned: tuple[str, ...],
    beginning: Beginning | None,
    confusion: np.ndarray,
) -> TrainOutput:
    """What the command prints of a run that ended with this checkpoint."""
    from mcugen.schemas.train import TrainOutput

    checkpoint = trained.checkpoint
    return TrainOutput(
        **trained_net(trained, directory, images, warned, beginning),
        labels=tuple(checkpoint.labels),
        classes=class_images(images, checkpoint.architecture.num_classes),
        validation_top1=checkpoint.metrics.get("validation_top1"),
        top1=checkpoint.metrics["top1"],
        test_loss=checkpoint.metrics["test_loss"],
        confusion=tuple(map(tuple, confusion.tolist())),
    )


def show_training(record: TrainOutput, confusion: np.ndarray, names: tuple[str, ...]) -> None:
    """The lines for people."""
    from mcugen.report.training.confusion import confusion_lines

    best = "" if record.validation_top1 is None else f"{record.validation_top1:.2%}"
    if record.skipped:
        typer.echo(f"left out {counted(len(record.skipped), 'file')} that could not be read")
    typer.echo(
        f"{one_line(record.checkpoint)}: top-1 {record.top1:.2%} on {thousands(record.test_images)} test images after "
        f"{kept_epoch(record.kept_epoch, record.epochs, record.validation_images, best)}; "
        f"{thousands(record.parameters)} parameters, {thousands(record.macs)} MACs"
    )
    for line in confusion_lines(confusion, names):
        typer.echo(line)
    typer.echo(f"{one_line(record.page)}: curves, confusion and images that are wrong")
    show_camera(record.camera)
