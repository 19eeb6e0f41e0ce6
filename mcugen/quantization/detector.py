"""From a checkpoint of a net that finds objects to an int8 program that ends in probabilities, and what it lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from mcugen.accuracy.objects import find_objects
from mcugen.data.boxes import BoxDataset, load_boxes
from mcugen.data.reading import reading_options, source_of
from mcugen.detection.matching import Counts
from mcugen.diagnostics import McugenError
from mcugen.frontend.torch import from_program
from mcugen.quantization.flow import Quantized
from mcugen.quantization.steps import (
    Tuning,
    Wanted,
    calibrated,
    fine_tuned,
    method_name,
    noise_records,
    skipped_files,
    write_program,
)
from mcugen.schemas.quantize import ObjectF1, QuantizeOutput
from mcugen.training.cells import padded_boxes
from mcugen.training.detect import THRESHOLD, count_objects, net_detector, probabilities
from mcugen.training.stored import Checkpoint
from mcugen.training.tasks.detect import Detect

Progress = Callable[[str, int, int], None]


class Probabilities(torch.nn.Module):
    """A net of logits at every position, and behind it their softmax: float [N, C, H, W] to [N, classes, h, w]."""

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Of pixel / 255."""
        return torch.softmax(self.net(image), 1)


def detection_images(trained: Checkpoint, data: str | None, progress: Progress) -> tuple[BoxDataset, BoxDataset]:
    """The images that the checkpoint was trained and tested on, or those of another folder or file.

    Raises McugenError where it does not say, they cannot be read, or their classes are others.
    """
    options = source_of(trained.data, data)
    if "data" not in options:
        raise McugenError("the checkpoint does not say what it was trained on", "name a data set with --data")
    how = reading_options(options, trained.input_shape)
    train, test = load_boxes(Path(options["data"]), **how, progress=progress)
    if trained.labels[1:] != train.classes:
        found, known = (", ".join(names) for names in (train.classes, trained.labels[1:]))
        raise McugenError(f"{train.name} has objects of {found}; the net knows {known}")
    return train, test


def quantize_detector(trained: Checkpoint, name: str, wanted: Wanted, tuning: Tuning | None) -> QuantizeOutput:
    """As `quantize_checkpoint`, with F1 by object in the place of top-1. name: of the file."""
    train, test = detection_images(trained, wanted.data, wanted.progress)
    limit = wanted.limit
    test = replace(test, images=test.images[:limit], boxes=test.boxes[:limit], files=test.files[:limit])
    torch.manual_seed(wanted.seed)
    random = np.random.default_rng(wanted.seed)
    net = Probabilities(trained.module())
    if tuning is None:
        result = calibrated(net, train.images, wanted, random)
    else:
        result = _fine_tuned(net, trained, train, tuning, wanted, random)
    graph = from_program(result.program, wanted.output.stem)
    wanted.progress("finding objects", 0, 0)
    maps = probabilities(trained.module(), test.images)
    of_float = count_objects(maps, test.boxes, len(test.classes), net_detector(trained.architecture), THRESHOLD)
    of_int8 = find_objects(graph, test, THRESHOLD, None, wanted.progress).counts
    write_program(result, wanted, trained, trained.labels)
    every = [("", sum(of_float, Counts()), sum(of_int8, Counts()))]
    every += list(zip(test.classes, of_float, of_int8, strict=True))
    return QuantizeOutput(
        checkpoint=name,
        output=str(wanted.output),
        data=test.name,
        method=method_name(tuning),
        test_images=len(test.images),
        float_top1=None,
        int8_top1=None,
        skipped=skipped_files(train.skipped, test.skipped),
        layers=noise_records(result),
        objects=tuple(
            ObjectF1(label, one.found + one.missed, one.f1, other.f1, other.precision, other.recall)
            for label, one, other in every
        ),
    )


def _fine_tuned(
    net: Probabilities,
    trained: Checkpoint,
    train: BoxDataset,
    tuning: Tuning,
    wanted: Wanted,
    random: np.random.Generator,
) -> Quantized:
    """By the loss over cells that the net was trained with."""
    objective = Detect(trained.architecture, trained.recipe.get("object_weight"))
    return fine_tuned(
        net,
        train.images,
        objective.cells(torch.from_numpy(padded_boxes(train.boxes))).numpy(),
        tuning,
        wanted,
        random,
        loss=objective.loss_of_cells,
        before_softmax=True,
    )
