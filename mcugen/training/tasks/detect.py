"""Nets that find objects: a class at every cell. Importing this file imports torch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from mcugen.data.boxes import BoxDataset
from mcugen.detection.matching import Counts
from mcugen.nets import Architecture
from mcugen.training.augment.draws import Draws
from mcugen.training.augment.shown import shown
from mcugen.training.cells import cell_classes, middles, padded_boxes
from mcugen.training.detect import THRESHOLD, count_objects, net_detector, require_cells
from mcugen.training.processes import Processes
from mcugen.training.recipe import Recipe
from mcugen.training.subset import Subset, all_of
from mcugen.training.tasks.objective import Objective, outputs_of

OBJECT_WEIGHT = 100.0
"""Of a cell with an object, beside 1 of the background: Edge Impulse's object_weight."""
_EVALUATION_BATCH = 100


class Detect(Objective):
    """Targets are the boxes of an image, float [K, 5] (class, left, top, right, bottom in pixels; class -1: none), and
    as images are shown, int64 [height, width], classes of cells. The loss is cross entropy over cells by weight."""

    measures = ("precision", "recall", "f1")

    def __init__(self, net: Architecture, object_weight: float | None = None) -> None:
        """object_weight: None for the usual one. Raises McugenError for a net without cells."""
        require_cells(net)
        self.detector = net_detector(net)
        self.image = net.input_shape[:2]
        self.classes = net.num_classes
        self.weights = torch.full((net.num_classes,), OBJECT_WEIGHT if object_weight is None else float(object_weight))
        self.weights[0] = 1.0

    def show(
        self, pixels: torch.Tensor, targets: torch.Tensor, draws: Draws, recipe: Recipe
    ) -> tuple[torch.Tensor, torch.Tensor]:
        changed, boxes = shown(pixels, draws, recipe, targets)
        assert boxes is not None
        return changed, self.cells(boxes)

    def cells(self, boxes: torch.Tensor) -> torch.Tensor:
        """Classes of cells, int64 [N, height, width], of boxes float [N, K, 5]."""
        return cell_classes(middles(boxes), self.image, (self.detector.height, self.detector.width))

    def loss(self, inputs: torch.Tensor, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return self.loss_of_cells(outputs, targets)

    def loss_of_cells(self, logits: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
        """logits: float [N, classes, height, width]. cells: int64 [N, height, width]."""
        return nn.functional.cross_entropy(logits, cells, self.weights.to(logits.device))

    def evaluate(
        self, module: nn.Module, subset: Subset, device: torch.device, processes: Processes
    ) -> dict[str, float]:
        """By object, over all classes: what is found counts where it lies in a box of its class, each box once."""
        counts = torch.zeros(3, dtype=torch.float64, device=device)
        for logits, targets in outputs_of(module, subset, device, processes, _EVALUATION_BATCH):
            maps = logits.softmax(1).permute(0, 2, 3, 1).cpu().numpy()
            boxes = [row[row[:, 0] >= 0] for row in targets.cpu().numpy().astype(np.float64)]
            found = sum(count_objects(maps, boxes, self.classes - 1, self.detector, THRESHOLD), Counts())
            counts += torch.tensor([found.found, found.wrong, found.missed], device=device)
        every = Counts(*(int(count) for count in processes.total(counts).tolist()))
        return {"precision": every.precision, "recall": every.recall, "f1": every.f1}

    def score(self, measured: Mapping[str, float]) -> tuple[float, ...]:
        return (measured["f1"],)

    def described(self, measured: Mapping[str, float]) -> str:
        return f"precision {measured['precision']:.2%}, recall {measured['recall']:.2%}, F1 {measured['f1']:.2%}"


def boxed(dataset: BoxDataset) -> Subset:
    """All images of a data set with boxes."""
    return all_of(dataset.images, padded_boxes(dataset.boxes))
