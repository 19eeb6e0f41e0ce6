"""`mcugen train --init`: a file, a net, and what the one gives to the other. Importing this file imports torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mcugen.diagnostics import McugenError
from mcugen.nets import Architecture
from mcugen.nets.modules import Net
from mcugen.training.augment import to_input
from mcugen.training.pretrained.begin import begin_with
from mcugen.training.pretrained.match import Matches, match, trunk
from mcugen.training.pretrained.read import read_weights
from mcugen.training.pretrained.source import Source, SourceLayer

_IMAGES = 512


@dataclass(frozen=True, eq=False)
class Beginning:
    """The file at `path`, as it was read, and the layers that are those of a net."""

    path: Path
    source: Source
    matches: Matches

    def give(self, module: Net, images: np.ndarray) -> None:
        """Puts the weights into the module; up to 512 of images uint8 [N, H, W, C] measure what batch norm has to be.

        Raises McugenError if the images have other channels than the file's net reads.
        """
        some = np.array(images[:: max(1, len(images) // _IMAGES)][:_IMAGES])
        begin_with(module, self.source, self.matches, to_input(torch.from_numpy(some)))


def find_beginning(path: Path, net: Architecture) -> Beginning:
    """Reads the file and finds the net's layers in it; raises McugenError naming the file if it has too few of them,
    one of these is not sound, or it reads
    images of other channels."""
    source = read_weights(path, net)
    matches = match(net, source, str(path))
    for _, layer in matches.pairs:
        _require_sound(layer, path)
    first, (_, _, channels) = matches.pairs[0], net.input_shape
    if first[0] == trunk(net)[0][0] and first[1].weight.shape[1] not in (channels, 3 if channels == 1 else channels):
        raise McugenError(
            f"{path}: {first[1].name} reads images of {first[1].weight.shape[1]} channels, not of {channels}",
            "--channels says what the images have",
        )
    return Beginning(path, source, matches)


def _require_sound(layer: SourceLayer, path: Path) -> None:
    """Raises McugenError unless bias and batch norm are one number an output, and all numbers finite."""
    norm = layer.norm
    beside = {"bias": layer.bias}
    if norm is not None:
        beside |= {"scale": norm.scale, "shift": norm.shift, "mean": norm.mean, "variance": norm.variance}
    given = {name: values for name, values in beside.items() if values is not None}
    for name, values in given.items():
        if values.shape != layer.weight.shape[:1]:
            raise McugenError(
                f"{path}: {layer.name} has {len(layer.weight)} outputs, and a {name} of shape {list(values.shape)}"
            )
    if not all(np.isfinite(values).all() for values in (layer.weight, *given.values())):
        raise McugenError(f"{path}: {layer.name} holds numbers that are not finite")
