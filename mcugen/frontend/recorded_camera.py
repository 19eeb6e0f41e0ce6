"""The camera by which a net was trained to see images, as its file records it in the words of `--camera`."""

from __future__ import annotations

from dataclasses import replace

from mcugen.camera.options import parse_words
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph

KEY = "mcugen.camera"
"""Of the metadata of an ONNX model, and name of an extra file of a .pt2."""


def with_recorded_camera(graph: Graph, text: str, where: str) -> Graph:
    """The graph with what its file says of a camera, "" where it says nothing; raises McugenError beginning with
    `where` for a text that makes no sense for it."""
    if not text:
        return graph
    try:
        options = parse_words(text)
        options.of(graph.input_tensor.shape)
    except McugenError as error:
        raise McugenError(f"{where}: its {KEY}: {error.message}", error.hint) from error
    return replace(graph, trained_with=options)
