"""Training of nets that find objects: a class at every cell. Importing this file imports torch."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from mcugen.data.boxes import BoxDataset
from mcugen.detection import Detector, detect
from mcugen.detection.matching import Counts, count_matches, total
from mcugen.diagnostics import McugenError
from mcugen.nets import Architecture, build
from mcugen.output import write_file
from mcugen.training.augment import to_input
from mcugen.training.cells import augment_objects, cell_classes, middles
from mcugen.training.checkpoint import Checkpoint, save_checkpoint
from mcugen.training.loop import make_optimizer
from mcugen.training.recipe import Recipe
from mcugen.training.run import CHECKPOINT, METRICS

OBJECT_WEIGHT = 100.0
"""Of a cell with an object, beside 1 of the background: Edge Impulse's object_weight."""
THRESHOLD = 0.5
_EVALUATION_BATCH = 100
_BATCHES_OF_STATISTICS = 10


@dataclass(frozen=True)
class DetectionResult:
    """epoch: from 1. lr: at its end. loss: mean over cells by weight, while training. precision, recall, f1: by object,
    on test images, 0 to 1. seconds: wall clock."""

    epoch: int
    lr: float
    loss: float
    precision: float
    recall: float
    f1: float
    seconds: float


def require_cells(net: Architecture) -> None:
    """Raises McugenError for a net that does not tell a class at every position."""
    if "cut" not in net.options:
        raise McugenError(f"{net.name} tells no class at every cell", "nets that do are those that end in _fomo")


def net_detector(net: Architecture, threshold: float = THRESHOLD) -> Detector:
    """The detector for the probabilities of a net in floating point; its int8 threshold is of no use."""
    last, (height, width, _) = net.layers[-1], net.input_shape
    return Detector(last.output_height, last.output_width, net.num_classes, height, width, threshold, 0)


def probabilities(module: nn.Module, images: np.ndarray) -> np.ndarray:
    """Float32 [N, height, width, classes] of images uint8 [N, H, W, C], by a module that gives logits."""
    module.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(images), _EVALUATION_BATCH):
            logits = module(to_input(torch.from_numpy(images[start : start + _EVALUATION_BATCH])).contiguous())
            parts.append(logits.softmax(1).permute(0, 2, 3, 1).numpy())
    return np.concatenate(parts)


def count_objects(maps: np.ndarray, data: BoxDataset, detector: Detector, least: float | None = None) -> list[Counts]:
    """Counts by class of what a detector finds in maps of the data set's images; least: as in `detect`."""
    classes = len(data.classes)
    found = (detect(values, detector, least) for values in maps)
    return total(
        (count_matches(each, boxes, 1, classes) for each, boxes in zip(found, data.boxes, strict=True)), classes
    )


class DetectorTrainer:
    """Trains a module in place. Every epoch draws its own random numbers from seed and epoch."""

    def __init__(
        self,
        net: Architecture,
        module: nn.Module,
        train: BoxDataset,
        test: BoxDataset,
        recipe: Recipe,
        object_weight: float = OBJECT_WEIGHT,
    ) -> None:
        """Raises McugenError if there are fewer images than a batch has."""
        self.net, self.module, self.recipe, self.test = net, module, recipe, test
        self.optimizer = make_optimizer(module, recipe)
        count = min(len(train.images), recipe.limit or len(train.images))
        self.images = torch.from_numpy(np.array(train.images[:count]))
        self.centres = torch.from_numpy(middles(train.boxes[:count]))
        self.steps = count // recipe.batch
        self.weights = torch.full((net.num_classes,), float(object_weight))
        self.weights[0] = 1.0
        if self.steps == 0:
            raise McugenError(f"{count} training images do not fill a batch of {recipe.batch}", "lower --batch")

    def epochs(self, on_step: Callable[[int, int, int, float], None]) -> Iterator[DetectionResult]:
        """Trains one epoch after the other. Raises McugenError when the loss is no longer finite."""
        for epoch in range(1, self.recipe.epochs + 1):
            start = time.perf_counter()
            loss, lr = self._train_epoch(epoch, on_step)
            if not math.isfinite(loss):
                raise McugenError(
                    f"the loss is {loss} in epoch {epoch}", f"lower --lr, which is {self.recipe.peak_lr:g}"
                )
            counts = sum(self.evaluate(), Counts())
            seconds = time.perf_counter() - start
            yield DetectionResult(epoch, lr, loss, counts.precision, counts.recall, counts.f1, seconds)

    def evaluate(self) -> list[Counts]:
        """Counts by class on the test images."""
        maps = probabilities(self.module, self.test.images)
        return count_objects(maps, self.test, net_detector(self.net), THRESHOLD)

    def _train_epoch(self, epoch: int, on_step: Callable[[int, int, int, float], None]) -> tuple[float, float]:
        self.module.train()
        summed, lr = 0.0, 0.0
        for step, (images, targets) in enumerate(self._batches(epoch)):
            lr = self.recipe.learning_rate((epoch - 1) * self.steps + step, self.steps)
            for part in self.optimizer.param_groups:
                part["lr"] = lr
            loss = nn.functional.cross_entropy(self.module(images), targets, self.weights)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            summed += loss.item()
            on_step(epoch, step + 1, self.steps, summed / (step + 1))
        self._measure_statistics(epoch)
        return summed / self.steps, lr

    def _measure_statistics(self, epoch: int) -> None:
        """Batch norm's mean and variance of the weights as they are; why, says `Trainer` of the classifiers."""
        norms = [part for part in self.module.modules() if isinstance(part, nn.BatchNorm2d)]
        usual = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        with torch.no_grad():
            for images, _ in itertools.islice(self._batches(epoch), _BATCHES_OF_STATISTICS):
                self.module(images)
        for norm, momentum in zip(norms, usual, strict=True):
            norm.momentum = momentum

    def _batches(self, epoch: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Inputs and classes of cells."""
        generator = torch.Generator().manual_seed(self.recipe.seed * 100_003 + epoch)
        height, width = self.images.shape[1:3]
        detector = net_detector(self.net)
        shift = self.recipe.shift_pixels(height, width)
        order = torch.randperm(len(self.images), generator=generator)[: self.steps * self.recipe.batch]
        for index in order.split(self.recipe.batch):
            images, centres = augment_objects(
                self.images[index], self.centres[index], shift, self.recipe.flip, generator
            )
            targets = cell_classes(centres, (height, width), (detector.height, detector.width))
            yield to_input(images).contiguous(memory_format=torch.channels_last), targets


def train_detector(
    net: Architecture,
    train: BoxDataset,
    test: BoxDataset,
    recipe: Recipe,
    directory: Path,
    *,
    data: dict[str, Any] | None = None,
    object_weight: float = OBJECT_WEIGHT,
    on_step: Callable[[int, int, int, float], None] = lambda epoch, step, steps, loss: None,
    on_epoch: Callable[[DetectionResult], None] = lambda result: None,
) -> Checkpoint:
    """Trains a net to find objects; after every epoch its checkpoint and metrics are in `directory`.

    train, test: images of the net's size. data: how they were made, kept in the checkpoint. Raises McugenError for a
    net without cells or of other classes, a loss that leaves the finite numbers, or a file that cannot be written.
    """
    require_cells(net)
    if net.num_classes != len(train.classes) + 1:
        raise McugenError(f"a net of {net.num_classes} classes for {len(train.classes)} and the background")
    torch.manual_seed(recipe.seed)
    module = build(net).to(memory_format=torch.channels_last)
    trainer = DetectorTrainer(net, module, train, test, recipe, object_weight)
    plain = {name: getattr(value, "value", value) for name, value in asdict(recipe).items()}
    labels = ("background", *train.classes)
    checkpoint = Checkpoint(
        net.name, dict(net.options), module.state_dict(), labels, data or {}, seed=recipe.seed, recipe=plain
    )
    directory.mkdir(parents=True, exist_ok=True)
    lines = [",".join(DetectionResult.__dataclass_fields__)]
    for result in trainer.epochs(on_step):
        values = asdict(result)
        lines.append(",".join(f"{value:.6g}" for value in values.values()))
        write_file(directory / METRICS, "\n".join(lines) + "\n")
        checkpoint.epoch, checkpoint.metrics, checkpoint.state = result.epoch, values, module.state_dict()
        save_checkpoint(directory / CHECKPOINT, checkpoint)
        on_epoch(result)
    return checkpoint
