"""What nets find that tell a class at every cell. Importing this file imports torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import nn

from mcugen.detection import Detector, detect
from mcugen.detection.matching import Counts, count_matches, total
from mcugen.diagnostics import McugenError
from mcugen.nets import Architecture
from mcugen.training.augment import to_input

THRESHOLD = 0.5
_EVALUATION_BATCH = 100


def require_cells(net: Architecture) -> None:
    """Raises McugenError for a net that does not tell a class at every position."""
    if "cut" not in net.options:
        raise McugenError(f"{net.name} tells no class at every cell", "nets that do are those that end in _fomo")


def net_detector(net: Architecture, threshold: float = THRESHOLD) -> Detector:
    """The detector for the probabilities of a net in floating point; its int8 threshold is of no use."""
    last, (height, width, _) = net.layers[-1], net.input_shape
    return Detector(last.output_height, last.output_width, net.num_classes, height, width, threshold, 0)


def probabilities(module: nn.Module, images: np.ndarray) -> np.ndarray:
    """Float32 [N, height, width, classes] of images uint8 [N, H, W, C], by a module that gives logits."""
    module.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(images), _EVALUATION_BATCH):
            logits = module(to_input(torch.from_numpy(images[start : start + _EVALUATION_BATCH])).contiguous())
            parts.append(logits.softmax(1).permute(0, 2, 3, 1).numpy())
    return np.concatenate(parts)


def count_objects(
    maps: Iterable[np.ndarray],
    boxes: Sequence[np.ndarray],
    classes: int,
    detector: Detector,
    least: float | None = None,
) -> list[Counts]:
    """Counts by class of what a detector finds in maps [height, width, channels] of images with these boxes, of each
    float [K, 5]; classes: of objects; least: as in `detect`."""
    found = (detect(values, detector, least) for values in maps)
    return total((count_matches(each, wanted, 1, classes) for each, wanted in zip(found, boxes, strict=True)), classes)
