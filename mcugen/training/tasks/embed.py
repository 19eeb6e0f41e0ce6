"""Nets that tell how alike two images are: vectors whose angles are small between images of a class. Importing this
file imports torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from mcugen.likeness import recall_at_1
from mcugen.training.processes import Processes
from mcugen.training.subset import Subset
from mcugen.training.tasks.objective import Objective, outputs_of

_TEMPERATURE = 0.1


class Embed(Objective):
    """Targets are int64 classes, the net's outputs vectors of any length. The loss is that of Khosla et al.,
    "Supervised Contrastive Learning", arXiv 2004.11362, equation 2, among the images of a batch, at a temperature of
    0.1."""

    measures = ("loss", "recall_at_1")

    @property
    def task(self) -> dict[str, Any]:
        return {"name": "embed"}

    def loss(self, inputs: torch.Tensor, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return contrastive_loss(outputs, targets)

    def evaluate(
        self, module: nn.Module, subset: Subset, device: torch.device, processes: Processes
    ) -> dict[str, float]:
        """Mean loss of batches, and the share of images whose nearest other one, by angle, is of their class. Every
        process looks at all images, which are compared with each other."""
        batches = list(outputs_of(module, subset, device))
        loss = sum(contrastive_loss(vectors, classes).item() for vectors, classes in batches) / len(batches)
        vectors, classes = (torch.cat(each) for each in zip(*batches, strict=True))
        return {"loss": loss, "recall_at_1": recall_at_1(vectors.cpu().numpy(), classes.cpu().numpy())}

    def score(self, measured: Mapping[str, float]) -> tuple[float, ...]:
        return measured["recall_at_1"], -measured["loss"]

    def described(self, measured: Mapping[str, float]) -> str:
        return f"loss {measured['loss']:.4f}, recall at 1 {measured['recall_at_1']:.2%}"

    def kinds(self, subset: Subset) -> torch.Tensor:
        return subset.targets


def contrastive_loss(vectors: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Of vectors float [N, D] with classes int64 [N]: 0 where no two are of a class."""
    unit = nn.functional.normalize(vectors, dim=1)
    others = ~torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    alike = (classes[:, None] == classes[None, :]) & others
    cosines = (unit @ unit.T / _TEMPERATURE).masked_fill(~others, -torch.inf)
    log_shares = (cosines - cosines.logsumexp(1, keepdim=True)).masked_fill(~alike, 0)
    count = alike.sum(1)
    with_partner = count > 0
    means = -log_shares.sum(1) / count.clamp_min(1)
    return means.sum() / with_partner.sum().clamp_min(1)
