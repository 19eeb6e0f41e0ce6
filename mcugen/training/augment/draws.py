"""What is drawn for a batch. Importing this file imports torch."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from mcugen.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Draws:
    """Of a batch of N images: which they are, and how they are changed.

    index: int64 [N], into the images of the data set. down, across: int64 [N, 1], 0 to twice the recipe's shift, which
    stands for no move. mirrored: bool [N, 1]. seed: of all other random numbers; None where there are none.
    """

    index: torch.Tensor
    down: torch.Tensor
    across: torch.Tensor
    mirrored: torch.Tensor
    seed: int | None


def draw(index: torch.Tensor, recipe: Recipe, size: tuple[int, int], generator: torch.Generator) -> Draws:
    """By the recipe, for images of this height and width."""
    count, shift = len(index), recipe.shift_pixels(*size)
    down, across = torch.randint(0, 2 * shift + 1, (2, count, 1), generator=generator)
    mirrored = torch.rand(count, 1, generator=generator) < (0.5 if recipe.mirrors else 0.0)
    seed = int(torch.randint(0, 2**62, (), generator=generator)) if recipe.changes_more else None
    return Draws(index, down, across, mirrored, seed)
