"""Nets that tell numbers of an image. Importing this file imports torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from mcugen.training.processes import Processes
from mcugen.training.subset import Subset
from mcugen.training.tasks.objective import Objective, outputs_of


class Regress(Objective):
    """Targets are float [values]; the net learns them less their mean, over their deviation on images to train on, and
    `Checkpoint.module` takes that back. The loss is Huber's, on these."""

    measures = ("loss", "mean_absolute_error")

    def __init__(self, train: Subset) -> None:
        values = train.targets.double()
        self.mean = values.mean(0)
        deviation = values.std(0, correction=0)
        # A value that never changes is told as it is.
        self.deviation = torch.where(deviation > 0, deviation, 1.0)

    @property
    def task(self) -> dict[str, Any]:
        return {"name": "regress", "mean": self.mean.tolist(), "deviation": self.deviation.tolist()}

    def loss(self, inputs: torch.Tensor, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return nn.functional.smooth_l1_loss(outputs, self._scaled(targets))

    def evaluate(
        self, module: nn.Module, subset: Subset, device: torch.device, processes: Processes
    ) -> dict[str, float]:
        """Mean loss, and mean absolute error over all values in their own units."""
        totals = torch.zeros(2, dtype=torch.float64, device=device)
        for outputs, targets in outputs_of(module, subset, device, processes):
            wanted = self._scaled(targets)
            totals[0] += nn.functional.smooth_l1_loss(outputs, wanted, reduction="sum")
            totals[1] += ((outputs - wanted).abs() * self.deviation.to(device)).sum()
        loss, error = (processes.total(totals) / (len(subset) * len(self.mean))).tolist()
        return {"loss": loss, "mean_absolute_error": error}

    def score(self, measured: Mapping[str, float]) -> tuple[float, ...]:
        return (-measured["mean_absolute_error"],)

    def described(self, measured: Mapping[str, float]) -> str:
        return described(measured)

    def _scaled(self, targets: torch.Tensor) -> torch.Tensor:
        mean, deviation = (each.to(targets.device) for each in (self.mean, self.deviation))
        return ((targets - mean) / deviation).float()


def described(measured: Mapping[str, float]) -> str:
    """What was measured, for people."""
    return f"loss {measured['loss']:.4f}, mean absolute error {measured['mean_absolute_error']:.4g}"
