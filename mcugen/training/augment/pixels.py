"""What changes pixels and leaves things where they are. Importing this file imports torch.

Every image is changed by its own numbers. Sums over an image are of integers, so that the number of threads does not
change a bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

_COLOUR = 0.3
_MOST_BLUR = 1.5
_TAPS = 4
_MOST_NOISE = 0.05
_MOST_CUT = 1 / 3
_EXPOSURE = 0.3
_BALANCE = 0.1
_SHOT = 0.01
_READ = 0.0004
_LUMINANCE = (0.299, 0.587, 0.114)


def change_pixels(pixels: torch.Tensor, names: Sequence[str], generator: torch.Generator) -> torch.Tensor:
    """uint8 [N, H, W, C], changed by those of `names` that are about pixels, in the order of the list below."""
    chosen = [change for name, change in _CHANGES.items() if name in names]
    if not chosen:
        return pixels
    values = pixels.float() / 255
    for change in chosen:
        values = change(values, generator).clamp(0, 1)
    return (values * 255).round().to(torch.uint8)


def _uniform(values: torch.Tensor, low: float, high: float, generator: torch.Generator) -> torch.Tensor:
    """A number for each image, float [N, 1, 1, 1]."""
    return low + (high - low) * torch.rand(len(values), 1, 1, 1, generator=generator)


def _colour(values: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Brightness, contrast about the mean, and of colour images saturation about the luminance."""
    brightness, contrast, saturation = (_uniform(values, 1 - _COLOUR, 1 + _COLOUR, generator) for _ in range(3))
    values = values * brightness
    levels = (values * 65535).to(torch.int64)
    mean = levels.sum((1, 2, 3), keepdim=True).float() / (65535 * levels[0].numel())
    values = mean + (values - mean) * contrast
    if values.shape[3] == 3:
        red, green, blue = values.unbind(-1)
        gray = (_LUMINANCE[0] * red + _LUMINANCE[1] * green + _LUMINANCE[2] * blue)[..., None]
        values = gray + (values - gray) * saturation
    return values


def _blur(values: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """A Gaussian along rows and columns, of half of the images."""
    sigma = _uniform(values, 0.2, _MOST_BLUR, generator)
    chosen = _uniform(values, 0, 1, generator) < 0.5
    taps = [torch.exp(-0.5 * (offset / sigma) ** 2) for offset in range(_TAPS + 1)]
    whole = taps[0] + 2 * sum(taps[1:], torch.zeros_like(sigma))
    blurred = values
    for axis in (1, 2):
        size = values.shape[axis]
        blurred = sum(
            (
                blurred.index_select(axis, (torch.arange(size) + offset).clamp(0, size - 1)) * taps[abs(offset)]
                for offset in range(-_TAPS, _TAPS + 1)
            ),
            torch.zeros_like(values),
        )
        blurred = blurred / whole
    return torch.where(chosen, blurred, values)


def _noise(values: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return values + _uniform(values, 0, _MOST_NOISE, generator) * torch.randn(values.shape, generator=generator)


def _cutout(values: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", arXiv 1708.04552: a
    square around any place of the image, some of it outside, here of any side."""
    height, width = values.shape[1:3]
    half = _uniform(values, 0, _MOST_CUT, generator) * min(height, width) / 2
    y, x = _uniform(values, 0, height, generator), _uniform(values, 0, width, generator)
    rows, columns = torch.arange(height)[None, :, None, None] + 0.5, torch.arange(width)[None, None, :, None] + 0.5
    inside = ((rows - y).abs() < half) & ((columns - x).abs() < half)
    return torch.where(inside, torch.full_like(values, 0.5), values)


def _camera_noise(values: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Exposure and white balance that miss, photons counted (variance grows with the light) and noise of reading:
    Foi et al., "Practical Poissonian-Gaussian Noise Modeling and Fitting for Single-Image Raw-Data", 2008."""
    count, channels = len(values), values.shape[3]
    gain = _uniform(values, 1 - _EXPOSURE, 1 + _EXPOSURE, generator)
    balance = 1 + _BALANCE * (2 * torch.rand(count, 1, 1, channels, generator=generator) - 1)
    light = (values * gain * balance).clamp(0, 1)
    variance = _uniform(values, 0, _SHOT, generator) * light + _uniform(values, 0, _READ, generator)
    return light + variance.sqrt() * torch.randn(values.shape, generator=generator)


_CHANGES = {
    "colour": _colour,
    "blur": _blur,
    "noise": _noise,
    "cutout": _cutout,
    "camera-noise": _camera_noise,
}
