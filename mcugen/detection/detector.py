"""What a detector is made of: the map, the image it lies over, and from which value on a cell is of an object."""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.diagnostics import McugenError
from mcugen.ir import Graph

_MOST_CELLS = 510
_MOST_CLASSES = 256
_LARGEST = (1 << 32) - 1
# A probability's scale and zero point, 1/256 and -128, end at 255/256.
_TOLERANCE = 0.01


@dataclass(frozen=True)
class Detector:
    """height, width, channels: of the map. image_height, image_width: pixels that it lies over. threshold: the
    probability, from 0 to 1, from which on a cell is of an object. least: the same as the lowest int8 value.
    """

    height: int
    width: int
    channels: int
    image_height: int
    image_width: int
    threshold: float
    least: int

    @property
    def first_class(self) -> int:
        """The channel of the first class of objects: class 0 of several is the background."""
        return 1 if self.channels > 1 else 0

    @property
    def classes(self) -> int:
        """How many classes of objects there are."""
        return self.channels - self.first_class


def make_detector(graph: Graph, threshold: float) -> Detector:
    """The detector for the map that a graph ends in.

    Raises McugenError for a threshold that is no probability or that no value reaches, and for outputs other than one
    map of probabilities of classes.
    """
    if not 0 < threshold <= 1:
        raise McugenError(f"the threshold is {threshold:g}", "it is a probability: above 0, and no more than 1")
    hint = "objects are found in one map of probabilities, as nets that end in a softmax at every position give it"
    tensor = graph.output_tensor
    if graph.several or tensor.height * tensor.width == 1:
        shapes = ", ".join("x".join(map(str, output.tensor.shape)) for output in graph.outputs)
        raise McugenError(f"the model's output is no map of classes: {shapes}", hint)
    low, high = (float(tensor.scale) * (bound - tensor.zero_point) for bound in (tensor.qmin, tensor.qmax))
    if abs(low) > _TOLERANCE or abs(high - 1) > _TOLERANCE:
        raise McugenError(f"the model's output is from {low:.4g} to {high:.4g}, which are no probabilities", hint)
    reaching = (
        value
        for value in range(tensor.qmin, tensor.qmax + 1)
        if float(tensor.scale) * (value - tensor.zero_point) >= threshold
    )
    least = next(reaching, None)
    if least is None:
        raise McugenError(f"no value of the output reaches the threshold {threshold:g}: the highest is {high:.4g}")
    least -= 128 if tensor.dtype == "uint8" else 0
    image = graph.input_tensor
    made = Detector(tensor.height, tensor.width, tensor.channels, image.height, image.width, threshold, least)
    largest = 2 * tensor.height * tensor.width * max(tensor.height * image.height, tensor.width * image.width)
    if max(tensor.height, tensor.width) > _MOST_CELLS or tensor.channels > _MOST_CLASSES or largest > _LARGEST:
        raise McugenError(f"a map of {tensor.height} x {tensor.width} x {tensor.channels} is too large to find objects")
    if max(image.height, image.width) > 0xFFFF:
        raise McugenError(f"an image of {image.height} x {image.width} is too large to find objects")
    return made
