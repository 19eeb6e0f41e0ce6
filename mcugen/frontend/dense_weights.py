"""Grouped and dilated kernels, and choices of channels, as dense kernels with zeros in between."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

_LARGEST_WEIGHTS = 1 << 23
_LARGEST_CHOICE = 1 << 20
Refuse = Callable[[str, str], Exception]
"""What is too large and what to do about it, to the exception that says so."""


def dilated(weights: np.ndarray, factors: tuple[int, int], axis: int, refuse: Refuse) -> np.ndarray:
    """Weights with the zeros that a dilation by `factors` (of height and width, at least 1) leaves between them.

    axis: of the kernel's height; its width is next. Raises what `refuse` makes where the kernel becomes too large.
    """
    for offset, factor in enumerate(factors):
        size = weights.shape[axis + offset]
        if factor == 1 or size == 1:
            continue
        shape = list(weights.shape)
        shape[axis + offset] = (size - 1) * factor + 1
        if math.prod(shape) > _LARGEST_WEIGHTS:
            raise refuse(f"a dilation of {factor} makes a kernel of {shape}", "use a smaller dilation")
        spread = np.zeros(shape, weights.dtype)
        spread[(slice(None),) * (axis + offset) + (slice(None, None, factor),)] = weights
        weights = spread
    return weights


def ungrouped(weights: np.ndarray, groups: int, refuse: Refuse) -> np.ndarray:
    """Weights of all input channels, zeros outside an output channel's group: as many times as large as there are
    groups.

    weights: [out channels, height, width, channels of a group]; `groups` divides the out channels.
    """
    channels, height, width, of_group = weights.shape
    if weights.size * groups > _LARGEST_WEIGHTS:
        raise refuse(f"{groups} groups make {weights.size * groups:,} weights", "use fewer channels")
    whole = np.zeros((channels, height, width, of_group * groups), weights.dtype)
    outputs = channels // groups
    for group in range(groups):
        rows, columns = (slice(group * size, (group + 1) * size) for size in (outputs, of_group))
        whole[rows, :, :, columns] = weights[rows]
    return whole


def of_channels(order: np.ndarray, channels: int, refuse: Refuse) -> np.ndarray:
    """Weights [outputs, 1, 1, channels] of the pointwise convolution that copies channels order[0], order[1], ..."""
    if len(order) * channels > _LARGEST_CHOICE:
        raise refuse(f"{len(order)} of {channels} channels", "use fewer channels")
    weights = np.zeros((len(order), 1, 1, channels), np.int8)
    weights[np.arange(len(order)), 0, 0, order] = 1
    return weights
