"""The float twin of an int8 model: what it was quantized from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mcugen.data import Normalization
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph


@dataclass(frozen=True)
class FloatLayer:
    """A map of the twin that can be observed: its name, and its shape (height, width, channels).

    weighted: it ends a layer with weights, its batch norm and activation included.
    """

    name: str
    shape: tuple[int, int, int]
    weighted: bool


class FloatTwin(Protocol):
    """A floating-point network. name: its file's. layers: in the order of computation.

    trained_on: keywords of `mcugen.data.load_splits`, empty where the file does not say. normalization: of the pixels
    that it was trained on; None where the file does not say.
    """

    name: str
    trained_on: Mapping[str, Any]
    normalization: Normalization | None
    layers: tuple[FloatLayer, ...]

    def run(self, images: np.ndarray, observed: Collection[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Scores [N, classes], and the observed layers' values [N, height, width, channels] by name.

        images: float32 [N, height, width, channels].
        """
        ...


def require_shape(path: Path, found: tuple[int, ...], wanted: tuple[int, int, int]) -> None:
    """Raises McugenError if the twin takes other images, (height, width, channels), than the int8 model."""
    if found != wanted:
        shown, model = ("x".join(map(str, shape)) for shape in (found, wanted))
        raise McugenError(
            f"{path}: it takes images of {shown}, the int8 model of {model}",
            "--float is the model that the int8 one was quantized from",
        )


def match_layers(graph: Graph, layers: tuple[FloatLayer, ...]) -> dict[str, str]:
    """The twin's layer of every operator that has one, by names; pairs agree in shape.

    Quantizers keep the names of tensors, behind the activation, or of layers. Where not every layer with weights is
    found by its name, these are paired in order, if there are as many of them in the twin and of the same shapes.
    """
    by_name = {layer.name: layer for layer in layers}
    found = {}
    for op in graph.operators:
        twins = [by_name[name] for name in (op.output, op.name) if name in by_name]
        matching = [twin.name for twin in twins if twin.shape == graph.tensors[op.output].shape]
        if matching:
            found[op.name] = matching[0]
    weighted = [op for op in graph.operators if op.weight_matrix is not None]
    if all(op.name in found for op in weighted):
        return found
    twins = [layer for layer in layers if layer.weighted]
    if [graph.tensors[op.output].shape for op in weighted] == [twin.shape for twin in twins]:
        found |= {op.name: twin.name for op, twin in zip(weighted, twins, strict=True)}
    return found
