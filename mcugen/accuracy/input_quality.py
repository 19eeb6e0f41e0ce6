"""What the input's eight bits hold, and what a data set's pixels become there: for this run, on a board, and for float.

A net that was quantized on images of half the brightness, or without the division by 255, is wrong everywhere behind
its input, and no layer is to blame.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mcugen import reference
from mcugen.accuracy.measures import decibels
from mcugen.accuracy.twin import FloatTwin
from mcugen.data import Normalization, prepare, real_pixels
from mcugen.ir import Graph
from mcugen.reference.pixels import (
    given_range,
    is_image,
    near,
    pixel_range,
    pixel_warning,
    range_text,
    takes_pixels,
)

_MUCH_CLIPPED = 0.01
_LEAST_USED = 0.25
_SAME_AS_FLOAT = 20.0
"""dB: what eight bits lose of an image is beyond 40 dB, a brightness that is off by a tenth is 20 dB."""

Ends = tuple[float, float]


@dataclass(frozen=True)
class InputQuality:
    """range: the real numbers that the input can hold. board: those of pixels 0 and 255 by NAME_invoke_u8, lowest and
    highest of the channels; None where nobody knows what pixels are, so that there is no such function.

    observed: lowest and highest of the data set. pixels: what this run makes of pixels 0 and 255, before it quantizes;
    float_pixels: what float is given of them; lowest and highest of the channels; None where the images are no pixels,
    or there is no twin. clipped: share of the values that lie beyond the range. snr: as of a layer, in dB. warnings:
    one line each.
    """

    range: Ends
    board: Ends | None
    observed: Ends
    pixels: Ends | None
    float_pixels: Ends | None
    clipped: float
    snr: float | None
    warnings: tuple[str, ...]


@dataclass
class InputSums:
    """Gathers `InputQuality` over batches of images."""

    graph: Graph
    normalization: Normalization | None
    twin: FloatTwin | None
    values: int = 0
    clipped: int = 0
    signal: float = 0.0
    noise: float = 0.0
    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)

    def add(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One batch: (the int8 input [N, H, W, C], what float is given, float32 of that shape)."""
        graph, tensor = self.graph, self.graph.input_tensor
        border = prepare(graph, images, self.normalization)
        stored = reference.quantize_input(graph, border)
        found = _real(graph, stored)
        real = real_pixels(graph, images, self.normalization)
        if real is None and border.dtype == np.float32:
            real = _channels_last(graph, border)
        given = found if real is None else real
        steps = given.astype(np.float64) / float(tensor.scale) + tensor.zero_point
        self.values += given.size
        self.clipped += int(np.count_nonzero((steps < tensor.qmin - 0.5) | (steps > tensor.qmax + 0.5)))
        self.lows.append(float(given.min()))
        self.highs.append(float(given.max()))
        wanted = given
        if self.twin is not None:
            trained = _as_trained(graph, images, self.twin)
            wanted = given if trained is None else trained
            self.signal += float(np.square(wanted.astype(np.float64)).sum())
            self.noise += float(np.square(wanted.astype(np.float64) - found).sum())
        return stored, wanted

    def quality(self, images: np.ndarray) -> InputQuality:
        """Of all batches. images: of the data set, for their type."""
        graph, twin = self.graph, self.twin
        pixels = float_pixels = None
        if images.dtype == np.uint8:
            ends = np.stack([np.full(images.shape[1:], value, np.uint8) for value in (0, 255)])
            given = real_pixels(graph, ends, self.normalization)
            if given is None:
                given = _real(graph, reference.quantize_input(graph, prepare(graph, ends, self.normalization)))
            pixels = float_pixels = _ends(given, images)
            if twin is not None and (trained := _as_trained(graph, ends, twin)) is not None:
                float_pixels = _ends(trained, images)
        clipped = self.clipped / self.values
        snr = decibels(self.signal, self.noise) if twin is not None else None
        observed = (min(self.lows), max(self.highs))
        float_pixels = None if twin is None else float_pixels
        board = given_range(graph) if takes_pixels(graph) else None
        found = InputQuality(pixel_range(graph), board, observed, pixels, float_pixels, clipped, snr, ())
        return InputQuality(**{**vars(found), "warnings": tuple(_warnings(graph, found))})


def _warnings(graph: Graph, found: InputQuality) -> list[str]:
    lines = []
    if is_image(graph) and (unusual := pixel_warning(graph)):
        lines.append(unusual)
    if found.pixels is not None and found.board is not None and not near(found.pixels, found.board):
        lines.append(
            f"pixels 0 to 255 are the real numbers {range_text(found.pixels)} here, but {range_text(found.board)} by "
            "NAME_invoke_u8 on a board; --pixels says for both how images were prepared in training"
        )
    if found.float_pixels is not None and found.snr is not None and found.snr < _SAME_AS_FLOAT:
        given = found.pixels or found.observed
        lines.append(
            f"float is given {range_text(found.float_pixels)} for pixels 0 to 255, int8 {range_text(given)}, of which "
            f"its input holds {range_text(found.range)}; quantize with representative images that are prepared as in "
            "training"
        )
    if found.clipped > _MUCH_CLIPPED:
        lines.append(f"{found.clipped:.1%} of the input's values lie beyond {range_text(found.range)} and are cut off")
    used = (found.observed[1] - found.observed[0]) / (found.range[1] - found.range[0])
    if used < _LEAST_USED:
        lines.append(
            f"the images lie between {range_text(found.observed).replace(' to ', ' and ')}, {used:.1%} of what the "
            f"input holds, {range_text(found.range)}; were the representative images prepared otherwise?"
        )
    return lines


def _as_trained(graph: Graph, images: np.ndarray, twin: FloatTwin) -> np.ndarray | None:
    """What the twin was trained on, of pixels; None where its file does not say, or the images are no pixels."""
    if twin.normalization is None or images.dtype != np.uint8:
        return None
    return real_pixels(graph, images, twin.normalization)


def _ends(of_pixels: np.ndarray, images: np.ndarray) -> Ends:
    """Lowest of the first image, which was all 0, and highest of the second, all 255: in the middle, where no border of
    zeros is."""
    height, width = of_pixels.shape[1] // 2, of_pixels.shape[2] // 2
    return float(of_pixels[0, height, width].min()), float(of_pixels[1, height, width].max())


def _real(graph: Graph, stored: np.ndarray) -> np.ndarray:
    tensor = graph.input_tensor
    return (stored.astype(np.float32) - np.float32(tensor.zero_point)) * np.float32(tensor.scale)


def _channels_last(graph: Graph, border: np.ndarray) -> np.ndarray:
    if graph.input_border.layout == "NCHW" and border.ndim == 4:
        border = border.transpose(0, 2, 3, 1)
    return border.reshape(-1, *graph.input_tensor.shape)
