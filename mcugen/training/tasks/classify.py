"""Nets that tell classes of images apart. Importing this file imports torch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from mcugen.training.processes import Processes
from mcugen.training.recipe import Recipe
from mcugen.training.subset import Subset
from mcugen.training.tasks.objective import Objective, outputs_of
from mcugen.training.teacher import Teacher, loss_function


class Classify(Objective):
    """Targets are int64 classes; the loss is cross entropy, and in part how far the net is from its teacher."""

    measures = ("loss", "top1")

    def __init__(self, recipe: Recipe, teacher: Teacher | None = None) -> None:
        self._loss = loss_function(recipe, teacher)

    def loss(self, inputs: torch.Tensor, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return self._loss(inputs, outputs, targets)

    def evaluate(
        self, module: nn.Module, subset: Subset, device: torch.device, processes: Processes
    ) -> dict[str, float]:
        """Mean cross entropy, and the share of right classes."""
        totals = torch.zeros(2, dtype=torch.float64, device=device)
        for logits, wanted in outputs_of(module, subset, device, processes):
            totals[0] += nn.functional.cross_entropy(logits, wanted, reduction="sum")
            totals[1] += (logits.argmax(1) == wanted).sum()
        loss, top1 = (processes.total(totals) / len(subset)).tolist()
        return {"loss": loss, "top1": top1}

    def score(self, measured: Mapping[str, float]) -> tuple[float, ...]:
        return measured["top1"], -measured["loss"]

    def described(self, measured: Mapping[str, float]) -> str:
        return f"loss {measured['loss']:.4f}, top-1 {measured['top1']:.2%}"

    def answers(self, module: nn.Module, subset: Subset, device: torch.device) -> np.ndarray | None:
        parts = [logits.argmax(1).cpu().numpy() for logits, _ in outputs_of(module, subset, device)]
        return np.concatenate(parts)

    def kinds(self, subset: Subset) -> torch.Tensor:
        return subset.targets
