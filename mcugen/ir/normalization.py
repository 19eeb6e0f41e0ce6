"""How images were prepared for a net: which real numbers its pixels became."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Normalization:
    """real value = (pixel / 255 - mean) / deviation, as torchvision does it; one of each, or one a channel of the net.

    reverse: the net's channels are blue, green, red, where pixels are red, green, blue.
    """

    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)
    reverse: bool = False
