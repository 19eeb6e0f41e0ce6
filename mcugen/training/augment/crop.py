"""A part of each image, stretched to the whole: as torchvision's RandomResizedCrop, of larger parts.

Importing this file imports torch.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

_LEAST_AREA = 0.6
_RATIO = math.log(4 / 3)


def crop(
    pixels: torch.Tensor, boxes: torch.Tensor | None, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """uint8 [N, H, W, C] and boxes float [N, K, 5] (class, left, top, right, bottom in pixels) to the same."""
    count, height, width, _ = pixels.shape
    area, ratio, x, y = torch.rand(4, count, generator=generator)
    area = _LEAST_AREA + (1 - _LEAST_AREA) * area
    ratio = torch.exp((2 * ratio - 1) * _RATIO)
    across, down = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    left, top = x * (1 - across), y * (1 - down)
    # From -1 to 1 over the image, pixels' edges counting.
    columns = 2 * (left[:, None] + (torch.arange(width) + 0.5) / width * across[:, None]) - 1
    rows = 2 * (top[:, None] + (torch.arange(height) + 0.5) / height * down[:, None]) - 1
    grid = torch.stack(
        [columns[:, None, :].expand(-1, height, -1), rows[:, :, None].expand(-1, -1, width)],
        -1,
    )
    values = functional.grid_sample(
        pixels.permute(0, 3, 1, 2).float(), grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    cut = values.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
    if boxes is None:
        return cut, None
    moved = boxes.clone()
    moved[..., 1::2] = (boxes[..., 1::2] - left[:, None, None] * width) / across[:, None, None]
    moved[..., 2::2] = (boxes[..., 2::2] - top[:, None, None] * height) / down[:, None, None]
    return cut, moved
