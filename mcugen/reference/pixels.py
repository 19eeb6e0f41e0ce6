"""What the pixels of a camera mean to a model: the real numbers that 0 and 255 become, and whether nets are trained on
such numbers."""

from __future__ import annotations

from mcugen.ir import Graph

USUAL_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
"""Real numbers of pixel 0 and of pixel 255, as images are commonly prepared: pixel / 255, pixel / 127.5 - 1, pixel."""
USUAL_TEXT = "0 to 1, -1 to 1 or 0 to 255"
# Quantizers that measure the range of the input see no image's whole range, and -1 to 1 has no zero point of its own.
_TOLERANCE = 0.05


def pixel_range(graph: Graph) -> tuple[float, float]:
    """The real numbers that pixel 0 and pixel 255 become by NAME_invoke_u8, which takes pixel p as the int8 p - 128.

    They are the ends of what the input can hold, too. graph: as imported.
    """
    tensor = graph.input_tensor
    low, high = (float(tensor.scale) * (bound - tensor.zero_point) for bound in (tensor.qmin, tensor.qmax))
    return low, high


def near(found: tuple[float, float], wanted: tuple[float, float]) -> bool:
    """Whether two ranges are the same but for what measuring them takes away."""
    room = _TOLERANCE * (wanted[1] - wanted[0])
    return all(abs(a - b) <= room for a, b in zip(found, wanted, strict=True))


def is_image(graph: Graph) -> bool:
    """Whether the input can be an image: gray or RGB, and more than one pixel high and wide."""
    tensor = graph.input_tensor
    return tensor.channels in (1, 3) and min(tensor.height, tensor.width) > 1


def pixels_are_usual(graph: Graph) -> bool:
    """Whether pixels, as NAME_invoke_u8 takes them, become real numbers that images are commonly prepared as; True
    where the input is no image."""
    return not is_image(graph) or any(near(pixel_range(graph), usual) for usual in USUAL_RANGES)


def range_text(found: tuple[float, float]) -> str:
    """0 to 0.502"""
    low, high = (f"{value + 0.0:.4g}" for value in found)
    return f"{low} to {high}"


def pixel_variables(graph: Graph) -> dict[str, bool | str]:
    """For templates: is_image, pixels_are_usual, and as texts the pixel_range and the usual_ranges."""
    return {
        "is_image": is_image(graph),
        "pixels_are_usual": pixels_are_usual(graph),
        "pixel_range": range_text(pixel_range(graph)),
        "usual_ranges": USUAL_TEXT,
    }


def pixel_warning(graph: Graph) -> str:
    """One line for people where `pixels_are_usual` is False, else ""."""
    if pixels_are_usual(graph):
        return ""
    return (
        f"pixels 0 to 255 become the real numbers {range_text(pixel_range(graph))} by NAME_invoke_u8, not "
        f"{USUAL_TEXT}; if the net was trained on other numbers, quantize it again with representative images that "
        "are prepared as in training, or give NAME_invoke what NAME_quantize makes of yours"
    )
