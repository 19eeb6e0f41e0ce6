"""From pixels to what a net reads. Importing this file imports torch."""

from __future__ import annotations

import torch


def to_input(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 [N, H, W, C] to a net's input, float [N, C, H, W] of pixel / 255.

    That division, not a multiplication by its inverse, makes the int8 input of the quantized net exactly pixel - 128.
    """
    return pixels.permute(0, 3, 1, 2).float() / 255
