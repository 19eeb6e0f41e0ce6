"""A QDQ model as plain data: what an ONNX file, or another framework's program in ONNX's operators, comes down to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcugen.frontend.onnx.nodes import Node


@dataclass(frozen=True)
class DeclaredInput:
    """The model's input. dtype: NumPy's name. dims: with the batch; 0 where a size is not fixed."""

    name: str
    dtype: str
    dims: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class QdqModel:
    """One network in ONNX's operators, activations between QuantizeLinear and DequantizeLinear.

    opset: of the default domain. constants: by name, decoded when they are asked for. outputs: names, at least one.
    labels: of classes, as the file lists them. source_format, source_sha256: see `ir.Graph`.
    how_to_quantize: advice for a model that is not, or not wholly.
    """

    name: str
    opset: int
    nodes: Sequence[Node]
    constants: Mapping[str, np.ndarray]
    input: DeclaredInput
    outputs: Sequence[str]
    how_to_quantize: str
    labels: tuple[str, ...] = ()
    source_format: str = "onnx"
    source_sha256: str = ""
