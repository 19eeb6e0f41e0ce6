"""mcugen train: a MobileNet from a data set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcugen.cli.console import counted, emit, progress_bar, thousands
from mcugen.cli.net_options import Alpha, MinDepth, NetOption, Rho, Size, make_net
from mcugen.cli.options import Json, Report
from mcugen.text import one_line

if TYPE_CHECKING:
    from mcugen.data import Dataset
    from mcugen.schemas.train import ClassImages, TrainOutput
    from mcugen.training.checkpoint import Checkpoint
    from mcugen.training.run import Listener

_EPOCHS = 30
_MOST_CLASSES_SHOWN = 20


class OptimizerChoice(str, Enum):
    """Optimizers of `mcugen.training.recipe`."""

    RMSPROP = "rmsprop"
    SGD = "sgd"


class ResizeChoice(str, Enum):
    """Ways of `mcugen.data.Resize`."""

    RESIZE = "resize"
    CROP = "crop"
    PAD = "pad"


Data = Annotated[
    str,
    typer.Option(
        metavar="NAME|DIR", help="fashion-mnist, a folder of MNIST's IDX files, or an image folder CLASS/*.png|jpg."
    ),
]
DataDir = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Where the files of fashion-mnist are, if not where Debian has them.")
]
ResizeOption = Annotated[
    ResizeChoice | None,
    typer.Option(help="How images get the net's size; by default pad for IDX files, resize for image folders."),
]
Split = Annotated[
    float, typer.Option(metavar="PART", help="Part of every class that is for testing, where the folder has no test.")
]


def train(
    data: Data,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the run is kept.")],
    net: NetOption = "mobilenet_v1",
    alpha: Alpha = "0.25",  # type: ignore[assignment]
    rho: Rho = "1",  # type: ignore[assignment]
    size: Size = None,
    channels: Annotated[
        int | None, typer.Option(metavar="1|3", help="Gray or RGB; by default gray for IDX files, RGB for images.")
    ] = None,
    min_depth: MinDepth = 1,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help=f"Default: {_EPOCHS}, or those of the run that --resume goes on with."),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, metavar="N", help="Images a step and process.")] = 128,
    optimizer: OptimizerChoice = OptimizerChoice.RMSPROP,
    lr: Annotated[
        float | None, typer.Option(metavar="X", help="Highest learning rate, by default 0.02 for rmsprop, 0.1 for sgd.")
    ] = None,
    weight_decay: Annotated[float, typer.Option(metavar="X", help="Of full, pointwise and dense weights.")] = 4e-5,
    depthwise_weight_decay: Annotated[float, typer.Option(metavar="X", help="Of depthwise weights.")] = 0.0,
    warmup: Annotated[float, typer.Option(metavar="EPOCHS", help="Epochs in which the learning rate rises.")] = 1.0,
    shift: Annotated[
        int | None, typer.Option(min=0, metavar="PIXELS", help="Images move by up to so much; by default a 16th.")
    ] = None,
    flip: Annotated[bool, typer.Option("--flip/--no-flip", help="Mirror half of the images; not for digits.")] = True,
    seed: Annotated[int, typer.Option(min=0, metavar="N")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Train on N images only.")] = None,
    data_dir: DataDir = None,
    fit: ResizeOption = None,
    split: Split = 0.2,
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="Of the processor.")] = None,
    device: Annotated[str, typer.Option(metavar="NAME", help="cpu, or cuda.")] = "cpu",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in DIR, if there is one; with more --epochs, longer.")
    ] = False,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Train a net on a data set: by default as the paper did, with RMSprop and light augmentation.

    DIR gets checkpoint.pt after every epoch, metrics.csv, and a log for TensorBoard. The last epoch's weights are kept;
    test images choose nothing. The same seed gives the same run on the same machine. For several processes:
    torchrun --nproc-per-node 2 -m mcugen train ...

    Example: mcugen train --data fashion-mnist --alpha 0.25 --size 32 -o runs/fashion
    """
    from mcugen.diagnostics import McugenError
    from mcugen.extras import require

    torch = require("torch", "torch", "training")
    require("tensorboard", "torch", "training")
    from mcugen.data.splits import is_gray, load_splits
    from mcugen.nets.layers import require_classifier
    from mcugen.training.processes import joined_processes
    from mcugen.training.recipe import OptimizerName, Recipe
    from mcugen.training.run import find_run, train_net

    if threads is not None:
        torch.set_num_threads(threads)
    if device != "cpu" and not torch.cuda.is_available():
        raise McugenError(f"there is no device {device!r} here", "leave --device away, or name cpu")
    earlier = find_run(output, resume)
    recipe = Recipe(
        epochs=epochs or (_EPOCHS if earlier is None else earlier.recipe.get("epochs", _EPOCHS)),
        batch=batch,
        optimizer=OptimizerName(optimizer.value),
        lr=lr,
        weight_decay=weight_decay,
        depthwise_weight_decay=depthwise_weight_decay,
        warmup=warmup,
        shift=shift,
        flip=flip,
        seed=seed,
        limit=limit,
    )
    channels = channels or (1 if is_gray(data) else 3)
    outline = make_net(net, alpha, rho, size, channels, 1, min_depth)
    require_classifier(outline)
    source: dict[str, Any] = {
        "data": data,
        "data_dir": None if data_dir is None else str(data_dir),
        "fit": None if fit is None else fit.value,
        "split": split,
        "seed": seed,
    }
    with joined_processes() as processes, _shown(processes.first) as (progress, listener):
        height, width, _ = outline.input_shape
        images = load_splits(**source, height=height, width=width, channels=channels, progress=progress)
        skipped = [line for part in images for line in part.skipped]
        if processes.first:
            for line in skipped:
                typer.echo(f"mcugen: left out: {one_line(line)}", err=True)
        classes = _classes(images)
        if processes.first:
            typer.echo(_counts_line(images, classes), err=True)
        made = make_net(net, alpha, rho, size, channels, classes, min_depth)
        checkpoint = train_net(
            made,
            *images,
            recipe,
            output,
            data=source,
            earlier=earlier,
            processes=processes,
            device=device,
            listener=listener,
        )
        first = processes.first
    if first:
        view = _report(checkpoint, output, images, skipped)
        emit(view, lambda: _show(view), as_json=as_json, file=report)


def _class_images(images: tuple[Dataset, Dataset], classes: int) -> tuple[ClassImages, ...]:
    """How many images of each class there are, to train and to test."""
    import numpy as np

    from mcugen.schemas.train import ClassImages

    names = images[0].classes
    counts = [np.bincount(part.labels, minlength=classes).tolist() for part in images]
    return tuple(
        ClassImages(names[number] if names else str(number), *of_class)
        for number, of_class in enumerate(zip(*counts, strict=True))
    )


def _counts_line(images: tuple[Dataset, Dataset], classes: int) -> str:
    """Images by class, to train and to test; of many classes those with the fewest and the most."""
    counts = _class_images(images, classes)
    if len(counts) > _MOST_CLASSES_SHOWN:
        ordered = sorted(counts, key=lambda each: each.images)
        few, many = (f"{thousands(each.images)} ({one_line(each.label)})" for each in (ordered[0], ordered[-1]))
        return f"images: {len(counts)} classes of {few} to {many} to train"
    shown = ", ".join(f"{one_line(each.label)} {each.images:,} + {each.test_images:,}" for each in counts)
    return f"images to train + to test: {shown}"


def _classes(images: tuple[Dataset, Dataset]) -> int:
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
def _shown(first: bool) -> Iterator[tuple[Any, Listener]]:
    """Progress and, for every epoch, a line on stderr; nothing in any process but the first."""
    from mcugen.training.loop import EpochResult
    from mcugen.training.run import Listener

    if not first:
        yield (lambda what, done, total: None), Listener()
        return

    def on_epoch(result: EpochResult) -> None:
        numbers = f"loss {result.loss:.4f}, test loss {result.test_loss:.4f}, top-1 {result.top1:.2%}"
        typer.echo(f"epoch {result.epoch}: {numbers}, {result.seconds:.1f} s", err=True)

    with progress_bar() as progress:

        def on_step(epoch: int, step: int, steps: int, loss: float) -> None:
            progress(f"epoch {epoch}, loss {loss:.3f}", step, steps)

        yield progress, Listener(on_step, on_epoch)


def _report(
    checkpoint: Checkpoint, directory: Path, images: tuple[Dataset, Dataset], skipped: list[str]
) -> TrainOutput:
    from mcugen.nets.costs import net_cost
    from mcugen.schemas.nets import NetOptions
    from mcugen.schemas.train import TrainingRecipe, TrainOutput
    from mcugen.training.run import CHECKPOINT

    cost = net_cost(checkpoint.architecture)
    return TrainOutput(
        checkpoint=str(directory / CHECKPOINT),
        net=checkpoint.net,
        options=NetOptions(**checkpoint.options),
        recipe=TrainingRecipe(**checkpoint.recipe),
        labels=tuple(checkpoint.labels),
        images=len(images[0].images),
        test_images=len(images[1].images),
        classes=_class_images(images, checkpoint.architecture.num_classes),
        skipped=tuple(skipped),
        parameters=cost.parameters,
        macs=cost.macs,
        epochs=checkpoint.epoch,
        top1=checkpoint.metrics["top1"],
        test_loss=checkpoint.metrics["test_loss"],
    )


def _show(view: TrainOutput) -> None:
    if view.skipped:
        typer.echo(f"left out {counted(len(view.skipped), 'file')} that could not be read")
    typer.echo(
        f"{one_line(view.checkpoint)}: top-1 {view.top1:.2%} on {thousands(view.test_images)} test images after "
        f"{counted(view.epochs, 'epoch')}; {thousands(view.parameters)} parameters, {thousands(view.macs)} MACs"
    )
