"""How images become a net's, from what a command or a checkpoint says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcugen.data.resize import Resize


def reading_options(source: Mapping[str, Any], input_shape: tuple[int, int, int]) -> dict[str, Any]:
    """Keywords of `load_boxes` and `load_values`.

    source: `fit`, `split` and `seed`, which checkpoints have where they are not the usual ones. input_shape: height,
    width, channels.
    """
    height, width, channels = input_shape
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "resize": Resize(source.get("fit") or Resize.RESIZE),
        "split": source.get("split", 0.2),
        "seed": source.get("seed", 0),
    }
