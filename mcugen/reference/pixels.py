"""What the pixels of a camera mean to a model: the real numbers that 0 and 255 become, whether nets are trained on
such numbers, and the input values that follow.

Where somebody said how images were prepared (`Graph.pixels`), that decides. Else pixel p is the input value p - 128 if
the real numbers of that are usual ones, and otherwise nothing is known, and nothing takes pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mcugen.data.prepare import normalized, prepare
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph, Normalization
from mcugen.reference.border import quantize_input

USUAL_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
"""Real numbers of pixel 0 and of pixel 255, as images are commonly prepared: pixel / 255, pixel / 127.5 - 1, pixel."""
USUAL_TEXT = "0 to 1, -1 to 1 or 0 to 255"
# Quantizers that measure the range of the input see no image's whole range, and -1 to 1 has no zero point of its own.
_TOLERANCE = 0.05
# Of what an input holds: a net that uses less was hardly quantized for these pixels.
_LEAST_USED = 0.25

# imagenet: torchvision's models. caffe: keras.applications.imagenet_utils.preprocess_input(mode="caffe"), its means of
# blue, green and red over 255. 0..1, -1..1 and 0..255: the usual ranges.
NAMED: dict[str, Normalization] = {
    "0..1": Normalization(),
    "-1..1": Normalization((0.5,), (0.5,)),
    "0..255": Normalization((0.0,), (1 / 255,)),
    "imagenet": Normalization((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "caffe": Normalization((103.939 / 255, 116.779 / 255, 123.68 / 255), (1 / 255,), reverse=True),
}
OFFSET = "offset"
"""Name of pixel p as the input value p - 128, whatever real numbers these are."""
_HINT = (
    f"one of {', '.join([*NAMED, OFFSET])}, or MEAN/STD of pixel / 255, as 0.5/0.5 or 0.4,0.5,0.6/0.2; :bgr behind it"
)


def parse_pixels(text: str, graph: Graph) -> Normalization:
    """How images were prepared, as `--pixels` says it: a name, or MEAN/STD as of `Normalization`; `:bgr` behind it for
    nets whose channels are blue, green, red. Raises McugenError for another text, or one that does not fit the graph.
    """
    name, _, order = text.strip().lower().partition(":")
    found = offset_normalization(graph) if name == OFFSET else NAMED.get(name)
    if found is None:
        try:
            mean, deviation = (tuple(map(float, part.split(","))) for part in name.split("/"))
        except ValueError:
            raise McugenError(f"{text!r} does not say what pixels were to the net", _HINT) from None
        found = Normalization(mean, deviation)
    if order not in ("", "rgb", "bgr"):
        raise McugenError(f"{order!r} is no order of colours", "rgb or bgr")
    if order and (order == "bgr") != found.reverse:
        # The numbers of a name belong to colours, those that are given to the net's channels.
        step = -1 if name in NAMED else 1
        found = Normalization(found.mean[::step], found.deviation[::step], order == "bgr")
    if not np.isfinite([*found.mean, *found.deviation]).all():
        raise McugenError(f"{text!r} does not say what pixels were to the net", _HINT)
    ends = np.repeat(np.array([0, 255], np.uint8), graph.input_tensor.channels).reshape(2, 1, 1, -1)
    with np.errstate(all="ignore"):
        finite = np.isfinite(normalized(ends, found) / np.float32(graph.input_tensor.scale)).all()
    if not finite:
        raise McugenError(f"{text!r} makes numbers of pixels that float32 does not hold", _HINT)
    return found


def offset_normalization(graph: Graph) -> Normalization:
    """The one by which pixel p is the input value p - 128."""
    tensor = graph.input_tensor
    return Normalization(((128 + tensor.zero_point) / 255,), (1 / (255 * float(tensor.scale)),))


def pixel_range(graph: Graph) -> tuple[float, float]:
    """The real numbers that pixel 0 and pixel 255 become where pixel p is the input value p - 128.

    They are the ends of what the input can hold, too. graph: as imported.
    """
    tensor = graph.input_tensor
    low, high = (float(tensor.scale) * (bound - tensor.zero_point) for bound in (tensor.qmin, tensor.qmax))
    return low, high


def given_range(graph: Graph) -> tuple[float, float]:
    """The lowest and highest real number that pixels become: as was said, or else as of `pixel_range`."""
    if graph.pixels is None:
        return pixel_range(graph)
    real = normalized(_every_pixel(graph), graph.pixels)
    return float(real.min()), float(real.max())


def near(found: tuple[float, float], wanted: tuple[float, float]) -> bool:
    """Whether two ranges are the same but for what measuring them takes away."""
    room = _TOLERANCE * (wanted[1] - wanted[0])
    return all(abs(a - b) <= room for a, b in zip(found, wanted, strict=True))


def is_image(graph: Graph) -> bool:
    """Whether the input can be an image: gray or RGB, and more than one pixel high and wide."""
    tensor = graph.input_tensor
    return tensor.channels in (1, 3) and min(tensor.height, tensor.width) > 1


def pixels_are_usual(graph: Graph) -> bool:
    """Whether pixel p as the input value p - 128 is a real number that images are commonly prepared as; True where the
    input is no image."""
    return not is_image(graph) or any(near(pixel_range(graph), usual) for usual in USUAL_RANGES)


def takes_pixels(graph: Graph) -> bool:
    """Whether it is known what pixels are to the net: somebody said so, or `pixels_are_usual`."""
    return graph.pixels is not None or pixels_are_usual(graph)


def pixel_table(graph: Graph) -> np.ndarray:
    """The input value of every pixel: int8 [channels of the net, 256].

    Exactly what `prepare` and `quantize_input` make of pixels, so that C and Python read one table. Raises McugenError
    where it is not known what pixels are.
    """
    if not takes_pixels(graph):
        raise McugenError(
            f"what pixels were to {graph.name} is not known: p - 128 would be {range_text(pixel_range(graph))}, not "
            f"{USUAL_TEXT}",
            "--pixels says how images were prepared for it, as --pixels imagenet",
        )
    channels = graph.input_tensor.channels
    if graph.pixels is None:
        return np.tile(np.arange(-128, 128).astype(np.int8), (channels, 1))
    pixels = _every_pixel(graph)
    size = graph.input_tensor.height * graph.input_tensor.width
    # As many images of the net's size as all 256 values take.
    padded = np.zeros((-(-256 // size) * size, channels), np.uint8)
    padded[:256] = pixels.reshape(256, channels)
    images = padded.reshape(-1, *graph.input_tensor.shape)
    return quantize_input(graph, prepare(graph, images, graph.pixels)).reshape(-1, channels)[:256].T


def input_of_pixels(graph: Graph, pixels: np.ndarray) -> np.ndarray:
    """What NAME_invoke_u8 makes of pixels, uint8 [N, height, width, channels]: the net's input, int8 of that shape.

    Raises McugenError where it is not known what pixels are.
    """
    table = pixel_table(graph)
    if graph.pixels is not None and graph.pixels.reverse:
        pixels = pixels[..., ::-1]
    return table[np.arange(len(table)), pixels]


def _every_pixel(graph: Graph) -> np.ndarray:
    """uint8 [1, 1, 256, channels]: each value, in all channels."""
    return np.repeat(np.arange(256, dtype=np.uint8)[:, None], graph.input_tensor.channels, axis=1)[None, None]


def range_text(found: tuple[float, float]) -> str:
    """0 to 0.502"""
    low, high = (f"{value + 0.0:.4g}" for value in found)
    return f"{low} to {high}"


def pixels_text(graph: Graph) -> str:
    """How pixels become real numbers, for comments: "" where nobody said."""
    if graph.pixels is None:
        return ""
    mean, deviation = (
        ", ".join(f"{n:.6g}" for n in numbers) for numbers in (graph.pixels.mean, graph.pixels.deviation)
    )
    order = ", channels blue, green, red" if graph.pixels.reverse else ""
    several = max(len(graph.pixels.mean), len(graph.pixels.deviation)) > 1
    if several:
        mean, deviation = f"({mean})", f"({deviation})"
    return f"(pixel / 255 - {mean}) / {deviation}{order}"


def pixel_variables(graph: Graph) -> dict[str, Any]:
    """For templates: is_image, takes_pixels, pixel_values (uint8 [1 or channels, 256], None where p - 128 is all there
    is to it), pixels_reversed, and as texts pixels_text, the pixel_range and the usual_ranges."""
    values = None
    if graph.pixels is not None:
        table = pixel_table(graph).view(np.uint8)
        values = table[:1] if (table == table[0]).all() else table
        plain = (values == np.arange(256) ^ 0x80).all() and not graph.pixels.reverse
        values = None if plain else values
    return {
        "is_image": is_image(graph),
        "takes_pixels": takes_pixels(graph),
        "pixel_values": values,
        "pixels_reversed": graph.pixels is not None and graph.pixels.reverse,
        "pixels_text": pixels_text(graph),
        "pixel_range": range_text(given_range(graph)),
        "usual_ranges": USUAL_TEXT,
    }


def pixel_warning(graph: Graph) -> str:
    """One line for people where nothing takes pixels, or the input was hardly quantized for those that were named; else
    ""."""
    if not takes_pixels(graph):
        return (
            f"pixels 0 to 255 as the input values p - 128 are the real numbers {range_text(pixel_range(graph))}, not "
            f"{USUAL_TEXT}: without --pixels, which says how images were prepared in training, there is no "
            "NAME_invoke_u8; or quantize again with representative images that are prepared as in training"
        )
    if graph.pixels is None:
        return ""
    (low, high), (least, most) = given_range(graph), pixel_range(graph)
    room = _TOLERANCE * (most - least)
    if low < least - room or high > most + room or high - low < _LEAST_USED * (most - least):
        return (
            f"pixels 0 to 255 are the real numbers {range_text((low, high))} by --pixels, but the input was quantized "
            f"for {range_text((least, most))}"
        )
    return ""
