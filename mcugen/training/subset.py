"""What a net is trained on, chosen by and tested on: images with what it is to tell of them. Importing this file
imports torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from mcugen.data import Dataset
from mcugen.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Subset:
    """Some of the images of a data set.

    images: uint8 [N, H, W, C], which may be larger than memory and is never copied. targets: [N, ...], what the task
    asks of each, such as int64 classes. chosen: int64 [M], which of them are of the subset.
    """

    images: torch.Tensor
    targets: torch.Tensor
    chosen: torch.Tensor

    def __len__(self) -> int:
        return len(self.chosen)

    def limited(self, count: int | None, seed: int) -> Subset:
        """`count` of its images in their order, drawn by `seed`; all where it is None, or there are no more."""
        if count is None or count >= len(self):
            return self
        drawn = np.sort(np.random.default_rng(seed).permutation(len(self))[:count])
        return replace(self, chosen=self.chosen[torch.from_numpy(drawn)])

    def divided(self, share: float, kinds: torch.Tensor, seed: int) -> tuple[Subset, Subset]:
        """The rest, and a subset, `share` of every kind, drawn by `seed`: one image at least where a kind has two.

        kinds: int64 [N], by which the images are told apart for that.
        """
        random = np.random.default_rng((seed, len(self)))
        own = kinds[self.chosen].numpy()
        held = np.zeros(len(self), bool)
        for kind in np.unique(own):
            places = np.flatnonzero(own == kind)
            count = min(max(1, round(share * len(places))), len(places) - 1)
            held[random.permutation(places)[:count]] = True
        kept, given = (self.chosen[torch.from_numpy(np.flatnonzero(mask))] for mask in (~held, held))
        return replace(self, chosen=kept), replace(self, chosen=given)


def held_back(train: Subset, kinds: torch.Tensor, recipe: Recipe) -> tuple[Subset, Subset | None]:
    """What a run of this recipe trains on, and what it holds back for validation: None where that is nothing at all.

    train: all images that there are. kinds: see `Subset.divided`.
    """
    limited = train.limited(recipe.limit, recipe.seed)
    return limited.divided(recipe.validation, kinds, recipe.seed) if recipe.validation else (limited, None)


def all_of(images: np.ndarray, targets: np.ndarray) -> Subset:
    """All images uint8 [N, H, W, C] of a data set, with their targets [N, ...]."""
    # What can be written to is not copied: it may be larger than memory.
    pixels = torch.from_numpy(np.require(images, requirements="W"))
    return Subset(pixels, torch.from_numpy(np.require(targets, requirements="W")), torch.arange(len(images)))


def labelled(dataset: Dataset) -> Subset:
    """All images of a data set of classes."""
    return all_of(dataset.images, dataset.labels)
