"""Images of a batch as they are shown, and where their objects then are. Importing this file imports torch."""

from __future__ import annotations

import torch

from mcugen.training.augment.crop import crop
from mcugen.training.augment.draws import Draws
from mcugen.training.augment.pixels import change_pixels
from mcugen.training.recipe import Recipe


def shown(
    pixels: torch.Tensor, draws: Draws, recipe: Recipe, boxes: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Images uint8 [N, H, W, C], changed by what was drawn, and their boxes float [N, K, 5] with them.

    boxes: class, left, top, right, bottom in pixels. Whole images are moved over zeros, those with boxes over their own
    edge, which hides less where objects are.
    """
    generator = torch.Generator().manual_seed(draws.seed or 0)
    if "crop" in recipe.augment:
        pixels, boxes = crop(pixels, boxes, generator)
    shift = recipe.shift_pixels(pixels.shape[1], pixels.shape[2])
    if boxes is None:
        pixels = _moved_over_zeros(pixels, draws, shift)
    else:
        pixels, boxes = _moved_over_edges(pixels, boxes, draws, shift)
    return change_pixels(pixels, recipe.augment, generator), boxes


def _moved_over_zeros(pixels: torch.Tensor, draws: Draws, shift: int) -> torch.Tensor:
    count, height, width, _ = pixels.shape
    padded = torch.nn.functional.pad(pixels, (0, 0, shift, shift, shift, shift))
    rows = torch.arange(height) + draws.down
    columns = torch.where(draws.mirrored, torch.arange(width).flip(0), torch.arange(width)) + draws.across
    return padded[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


def _moved_over_edges(
    pixels: torch.Tensor, boxes: torch.Tensor, draws: Draws, shift: int
) -> tuple[torch.Tensor, torch.Tensor]:
    count, height, width, _ = pixels.shape
    down, across = draws.down - shift, draws.across - shift
    rows = (torch.arange(height) - down).clamp(0, height - 1)
    columns = torch.arange(width) - across
    columns = torch.where(draws.mirrored, width - 1 - columns, columns).clamp(0, width - 1)
    moved = pixels[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    number, left, top, right, bottom = boxes.unbind(-1)
    left, right = (
        torch.where(draws.mirrored, width - right, left) + across,
        torch.where(draws.mirrored, width - left, right) + across,
    )
    return moved, torch.stack([number, left, top + down, right, bottom + down], -1)
