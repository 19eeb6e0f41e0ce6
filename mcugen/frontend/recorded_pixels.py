"""How images were prepared for a net, as its file records it in the words of `--pixels`."""

from __future__ import annotations

from dataclasses import replace

from mcugen.diagnostics import McugenError
from mcugen.ir import Graph, Normalization
from mcugen.reference.pixels import parse_pixels

KEY = "mcugen.pixels"
"""Of the metadata of an ONNX model, and name of an extra file of a .pt2."""


def pixels_option(pixels: Normalization) -> str:
    """The text that `parse_pixels` reads as these numbers."""
    mean, deviation = (",".join(map(repr, map(float, numbers))) for numbers in (pixels.mean, pixels.deviation))
    return f"{mean}/{deviation}" + (":bgr" if pixels.reverse else "")


def with_recorded_pixels(graph: Graph, text: str, where: str) -> Graph:
    """The graph with what its file says of pixels, "" where it says nothing; raises McugenError beginning with `where`
    for a text that makes no sense for it."""
    if not text:
        return graph
    try:
        return replace(graph, pixels=parse_pixels(text, graph))
    except McugenError as error:
        raise McugenError(f"{where}: its {KEY}: {error.message}", error.hint) from error
