"""mcugen train: a MobileNet from a data set."""

from __future__ import annotations

from typing import Any

import typer

from mcugen.cli.console import emit
from mcugen.cli.net_options import Alpha, MinDepth, NetOption, Rho, Size, make_net
from mcugen.cli.options import Json, Report
from mcugen.cli.train_detect import train_to_detect
from mcugen.cli.train_options import (
    EPOCHS,
    Balance,
    Batch,
    Channels,
    Data,
    DataDir,
    DepthwiseWeightDecay,
    Device,
    Epochs,
    Flip,
    Freeze,
    Init,
    LearningRate,
    Limit,
    ObjectWeight,
    OptimizerChoice,
    Output,
    Patience,
    PerClass,
    ResizeOption,
    Resume,
    Seed,
    Shift,
    Split,
    Task,
    TaskOption,
    Teacher,
    TeacherWeight,
    TestEvery,
    Threads,
    Validation,
    Warmup,
    WeightDecay,
)
from mcugen.cli.train_output import (
    beginning_line,
    count_classes,
    counts_line,
    doubts,
    show_training,
    shown_training,
    training_output,
)
from mcugen.cli.train_page import write_classifier_page
from mcugen.text import one_line


def train(
    data: Data,
    output: Output,
    task: TaskOption = Task.CLASSIFY,
    net: NetOption = "mobilenet_v1",
    alpha: Alpha = "0.25",  # type: ignore[assignment]
    rho: Rho = "1",  # type: ignore[assignment]
    size: Size = None,
    channels: Channels = None,
    min_depth: MinDepth = 1,
    init: Init = None,
    freeze: Freeze = 0,
    teacher: Teacher = None,
    teacher_weight: TeacherWeight = 0.9,
    epochs: Epochs = None,
    batch: Batch = 128,
    optimizer: OptimizerChoice = OptimizerChoice.RMSPROP,
    lr: LearningRate = None,
    weight_decay: WeightDecay = 4e-5,
    depthwise_weight_decay: DepthwiseWeightDecay = 0.0,
    warmup: Warmup = 1.0,
    shift: Shift = None,
    flip: Flip = True,
    seed: Seed = 0,
    limit: Limit = None,
    object_weight: ObjectWeight = None,
    per_class: PerClass = None,
    balance: Balance = False,
    data_dir: DataDir = None,
    fit: ResizeOption = None,
    split: Split = 0.2,
    validation: Validation = "0",  # type: ignore[assignment]
    patience: Patience = None,
    test_every: TestEvery = 1,
    threads: Threads = None,
    device: Device = "cpu",
    resume: Resume = False,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Train a net on a data set: by default as the paper did, with RMSprop and light augmentation.

    DIR gets checkpoint.pt after every epoch, metrics.csv, and a log for TensorBoard. The last epoch's weights are kept,
    with --validation those of the best on images held back; test images choose nothing. The same seed gives the same
    run on the same machine. For several processes:
    torchrun --nproc-per-node 2 -m mcugen train ...

    Example: mcugen train --data fashion-mnist --alpha 0.25 --size 32 -o runs/fashion

    Example: mcugen train --task detect --data photos --net mobilenet_v2_fomo --alpha 0.35 --size 96 -o runs/objects
    """
    from mcugen.diagnostics import McugenError
    from mcugen.extras import require

    torch = require("torch", "torch", "training")
    require("tensorboard", "torch", "training")
    from mcugen.data.splits import is_gray, load_splits
    from mcugen.nets.layers import require_classifier
    from mcugen.training.parts import labelled
    from mcugen.training.pretrained.beginning import find_beginning
    from mcugen.training.processes import joined_processes
    from mcugen.training.recipe import OptimizerName, Recipe
    from mcugen.training.run import find_run, train_task
    from mcugen.training.tasks.classify import Classify
    from mcugen.training.teacher import load_teacher

    if threads is not None:
        torch.set_num_threads(threads)
    if device != "cpu" and not torch.cuda.is_available():
        raise McugenError(f"there is no device {device!r} here", "leave --device away, or name cpu")
    earlier = find_run(output, resume)
    recipe = Recipe(
        epochs=epochs or (EPOCHS if earlier is None else earlier.recipe.get("epochs", EPOCHS)),
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
        init=None if init is None else init.name,
        freeze=freeze,
        balance=balance,
        teacher=None if teacher is None else teacher.name,
        teacher_weight=teacher_weight,
        validation=validation,
        patience=patience,
    )
    channels = channels or (1 if is_gray(data) else 3)
    source: dict[str, Any] = {
        "data": data,
        "data_dir": None if data_dir is None else str(data_dir),
        "fit": None if fit is None else fit.value,
        "split": split,
        "seed": seed,
        "per_class": per_class,
    }
    if task is Task.DETECT:
        train_to_detect(
            lambda classes: make_net(net, alpha, rho, size, channels, classes, min_depth),
            recipe,
            source,
            output,
            object_weight,
            {
                "--init": init is not None,
                "--freeze": freeze > 0,
                "--per-class": per_class is not None,
                "--balance": balance,
                "--teacher": teacher is not None,
                "--data-dir": data_dir is not None,
                "--validation": validation > 0,
                "--test-every": test_every != 1,
                "--resume": resume,
                "--device": device != "cpu",
            },
            as_json=as_json,
            report=report,
        )
        return
    if object_weight is not None:
        raise McugenError("--object-weight is of --task detect", "leave it out")
    outline = make_net(net, alpha, rho, size, channels, 1, min_depth)
    require_classifier(outline)
    # Looked at before anything that takes long.
    beginning = None if init is None or earlier is not None else find_beginning(init, outline)
    taught_by = None if teacher is None else load_teacher(teacher, device)
    with joined_processes() as processes, shown_training(processes.first, Classify(recipe)) as (progress, listener):
        height, width, _ = outline.input_shape
        images = load_splits(**source, height=height, width=width, channels=channels, progress=progress)
        skipped = [line for part in images for line in part.skipped]
        if processes.first:
            for line in skipped:
                typer.echo(f"mcugen: left out: {one_line(line)}", err=True)
        classes = count_classes(images)
        warned = doubts(images, classes) if processes.first else ()
        if processes.first:
            typer.echo(counts_line(images, classes), err=True)
            for line in warned:
                typer.echo(f"mcugen: {one_line(line)}", err=True)
        if beginning is not None and processes.first:
            typer.echo(beginning_line(beginning), err=True)
        if taught_by is not None:
            taught_by.require_classes(classes, images[0].classes, str(teacher))
        made = make_net(net, alpha, rho, size, channels, classes, min_depth)
        trained = train_task(
            made,
            Classify(recipe, taught_by),
            labelled(images[0]),
            labelled(images[1]),
            recipe,
            output,
            labels=images[0].classes,
            data=source,
            earlier=earlier,
            processes=processes,
            device=device,
            listener=listener,
            begin=None if beginning is None else lambda module: beginning.give(module, images[0]),
            test_every=test_every,
        )
        first = processes.first
    if first:
        names = images[0].classes or tuple(map(str, range(classes)))
        confusion = write_classifier_page(trained, output, images[1], names, warned)
        view = training_output(trained, output, images, skipped, warned, beginning, confusion)
        emit(view, lambda: show_training(view, confusion, names), as_json=as_json, file=report)
