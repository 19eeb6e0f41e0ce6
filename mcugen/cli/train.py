"""mcugen train: a MobileNet from a data set."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mcugen.cli.camera import CameraText, Crop, Mirror, ResizeBy, Rotate, chosen_camera
from mcugen.cli.camera import ResizeOption as CameraResize
from mcugen.cli.net_options import Alpha, MinDepth, NetOption, Rho, Size, make_net
from mcugen.cli.options import Json, Report
from mcugen.cli.train_classify import train_to_classify
from mcugen.cli.train_detect import train_to_detect
from mcugen.cli.train_embed import train_to_embed
from mcugen.cli.train_options import (
    DIMENSION,
    EPOCHS,
    FIND,
    TEACHER_WEIGHT,
    Amp,
    Augment,
    Balance,
    Batch,
    Channels,
    Data,
    DataDir,
    DepthwiseWeightDecay,
    Device,
    Dimension,
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
    Workers,
    parse_rate,
)
from mcugen.cli.train_regress import train_to_regress
from mcugen.cli.train_run import Wanted, refuse

_TASKS = {
    Task.CLASSIFY: train_to_classify,
    Task.DETECT: train_to_detect,
    Task.EMBED: train_to_embed,
    Task.REGRESS: train_to_regress,
}


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
    teacher_weight: TeacherWeight = None,
    epochs: Epochs = None,
    batch: Batch = 128,
    optimizer: OptimizerChoice = OptimizerChoice.RMSPROP,
    lr: LearningRate = None,
    weight_decay: WeightDecay = 4e-5,
    depthwise_weight_decay: DepthwiseWeightDecay = 0.0,
    warmup: Warmup = 1.0,
    shift: Shift = None,
    flip: Flip = True,
    augment: Augment = None,
    seed: Seed = 0,
    limit: Limit = None,
    object_weight: ObjectWeight = None,
    dimension: Dimension = None,
    per_class: PerClass = None,
    balance: Balance = False,
    data_dir: DataDir = None,
    fit: ResizeOption = None,
    camera: CameraText = None,
    crop: Crop = "center",
    resize: CameraResize = ResizeBy.AREA,
    rotate: Rotate = 0,
    mirror: Mirror = False,
    split: Split = 0.2,
    validation: Validation = "0",  # type: ignore[assignment]
    patience: Patience = None,
    test_every: TestEvery = 1,
    threads: Threads = None,
    workers: Workers = 0,
    device: Device = "cpu",
    amp: Amp = False,
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

    Example: mcugen train --data photos --size 96 --camera rgb565be:320x240 -o runs/photos

    Example: mcugen train --task detect --data photos --net mobilenet_v2_fomo --alpha 0.35 --size 96 -o runs/objects
    """
    from mcugen.diagnostics import McugenError
    from mcugen.extras import require

    torch = require("torch", "torch", "training")
    require("tensorboard", "torch", "training")
    from mcugen.data.splits import is_gray
    from mcugen.training.augmentations import DEFAULT, parse_augmentations
    from mcugen.training.device import find_device
    from mcugen.training.recipe import OptimizerName, Recipe
    from mcugen.training.run import find_run

    if threads is not None:
        torch.set_num_threads(threads)
    device = find_device(device, amp)
    earlier = find_run(output, resume)
    recipe = Recipe(
        epochs=epochs or (EPOCHS if earlier is None else earlier.recipe.get("epochs", EPOCHS)),
        batch=batch,
        optimizer=OptimizerName(optimizer.value),
        lr=parse_rate(lr),
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
        teacher_weight=TEACHER_WEIGHT if teacher_weight is None else teacher_weight,
        validation=validation,
        patience=patience,
        augment=DEFAULT if augment is None else parse_augmentations(augment),
        object_weight=object_weight,
        amp=amp,
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
    if teacher is None and teacher_weight is not None and task is Task.CLASSIFY:
        raise McugenError("--teacher-weight is of what a --teacher tells", "add --teacher FILE, or leave it out")
    seen_by = chosen_camera(camera, crop, resize, rotate, mirror)
    if seen_by is not None:
        source["camera"] = asdict(seen_by)
    wanted = Wanted(
        lambda outputs: make_net(net, alpha, rho, size, channels, outputs, min_depth),
        recipe,
        source,
        output,
        earlier,
        init,
        device,
        workers,
        test_every,
        lr == FIND,
        teacher,
        DIMENSION if dimension is None else dimension,
        as_json,
        report,
    )
    refuse(
        {
            option: given and task.value not in tasks
            for option, given, tasks in (
                ("--object-weight", object_weight is not None, ("detect",)),
                ("--per-class", per_class is not None, ("classify", "embed")),
                ("--balance", balance, ("classify", "embed")),
                ("--teacher", teacher is not None, ("classify",)),
                ("--teacher-weight", teacher_weight is not None, ("classify",)),
                ("--data-dir", data_dir is not None, ("classify", "embed")),
                ("--dimension", dimension is not None, ("embed",)),
            )
        },
        task.value,
    )
    _TASKS[task](wanted)
