"""Light augmentation of a whole batch: shifts and mirror images."""

from __future__ import annotations

import torch


def to_input(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 [N, H, W, C] to a net's input, float [N, C, H, W] of pixel / 255.

    That division, not a multiplication by its inverse, makes the int8 input of the quantized net exactly pixel - 128.
    """
    return pixels.permute(0, 3, 1, 2).float() / 255


def augment(pixels: torch.Tensor, shift: int, flip: bool, generator: torch.Generator) -> torch.Tensor:
    """Each image moved by up to `shift` pixels on both axes, zeros following, and mirrored with probability 1/2.

    uint8 [N, H, W, C] to the same.
    """
    count, height, width, _ = pixels.shape
    padded = torch.nn.functional.pad(pixels, (0, 0, shift, shift, shift, shift))
    down, across = torch.randint(0, 2 * shift + 1, (2, count, 1), generator=generator)
    mirrored = torch.rand(count, 1, generator=generator) < (0.5 if flip else 0.0)
    rows = torch.arange(height) + down
    columns = torch.where(mirrored, torch.arange(width).flip(0), torch.arange(width)) + across
    return padded[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
