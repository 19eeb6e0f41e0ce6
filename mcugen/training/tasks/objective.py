"""What a task is to the loop that trains nets for it. Importing this file imports torch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from mcugen.training.augment import to_input
from mcugen.training.augment.draws import Draws
from mcugen.training.augment.shown import shown
from mcugen.training.processes import Processes
from mcugen.training.recipe import Recipe
from mcugen.training.subset import Subset

_EVALUATION_BATCH = 500


class Objective(ABC):
    """A task: the loss of a batch, and what is measured on images that the net was not trained on.

    measures: names of what `evaluate` measures, in order.
    """

    measures: tuple[str, ...]

    @property
    def task(self) -> dict[str, Any]:
        """What a checkpoint keeps of the task: see `Checkpoint`."""
        return {}

    @abstractmethod
    def loss(self, inputs: torch.Tensor, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Mean over a batch: inputs float [N, C, H, W] of pixel / 255, outputs the net's, targets the subset's."""

    def show(
        self, pixels: torch.Tensor, targets: torch.Tensor, draws: Draws, recipe: Recipe
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Images uint8 [N, H, W, C] and their targets as they are shown once, changed by what was drawn."""
        return shown(pixels, draws, recipe)[0], targets

    @abstractmethod
    def evaluate(
        self, module: nn.Module, subset: Subset, device: torch.device, processes: Processes
    ) -> dict[str, float]:
        """The measures on a subset; the same in every process."""

    @abstractmethod
    def score(self, measured: Mapping[str, float]) -> tuple[float, ...]:
        """Of what was measured: larger is better, the first number before the others."""

    @abstractmethod
    def described(self, measured: Mapping[str, float]) -> str:
        """What was measured, for people."""

    def answers(self, module: nn.Module, subset: Subset, device: torch.device) -> np.ndarray | None:
        """int64 [M], the class that the net says of each image of a subset; None of tasks without classes of images."""
        return None

    def kinds(self, subset: Subset) -> torch.Tensor:
        """int64 [N] of all images of the data set: of each kind a like share is held back for validation."""
        return torch.zeros(len(subset.images), dtype=torch.int64)


def outputs_of(
    module: nn.Module,
    subset: Subset,
    device: torch.device,
    processes: Processes | None = None,
    batch: int | None = None,
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Outputs and targets of a batch after the other, of this process's share of the subset where there are several."""
    module.eval()
    shared = processes or Processes()
    chosen = subset.chosen[shared.rank :: shared.count]
    with torch.inference_mode():
        for index in chosen.split(batch or _EVALUATION_BATCH):
            pixels = to_input(subset.images[index].to(device)).contiguous(memory_format=torch.channels_last)
            yield module(pixels), subset.targets[index].to(device)
