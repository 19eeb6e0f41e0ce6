"""The frame of a .tflite network under construction: its input, its maps, the types at both ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.support.tflite_file import FileBuilder


@dataclass(frozen=True)
class Map:
    """A feature map of the network under construction. shape: with the batch dimension."""

    index: int
    shape: tuple[int, ...]
    scale: float
    zero_point: int

    @property
    def size(self) -> int:
        return math.prod(self.shape)


class NetworkFile:
    """A file under construction, between its input and what is `current`; zero points are random unless given."""

    def __init__(
        self,
        seed: int = 0,
        shape: Sequence[int] = (8, 8, 3),
        scale: float = 0.0123,
        zero_point: int = -3,
        io: str = "int8",
        input_quantization: tuple[float, int] | None = None,
        unsigned: bool = False,
    ) -> None:
        """io: "int8", "float32" or "uint8", the type at both ends of the file.

        unsigned: a network of TensorFlow's older quantizer: maps are uint8, zero points of the file 128 more than those
        said here, and weights uint8 with one scale and a random zero point.
        input_quantization: scale and zero point of a uint8 input that differs from the network's in them.
        """
        self.random = np.random.default_rng(seed)
        self.file = FileBuilder()
        self.io = io
        self.unsigned = unsigned
        full = (1, *shape)
        if io == self.dtype:
            self.input = self.file.tensor("input", full, io, scale, zero_point + self.offset)
            self.current = Map(self.input, full, scale, zero_point)
            return
        other = (scale, zero_point + 128 - self.offset)
        quantization = () if io == "float32" else input_quantization or other
        self.input = self.file.tensor("input", full, io, *quantization)
        self.current = Map(self.input, full, scale, zero_point)
        self.quantize(scale, zero_point)

    @property
    def dtype(self) -> str:
        """The type of maps and weights."""
        return "uint8" if self.unsigned else "int8"

    @property
    def offset(self) -> int:
        """What the file's values are more than those of the same int8 map."""
        return 128 if self.unsigned else 0

    def map(self, name: str, shape: Sequence[int], scale: float, zero_point: int | None = None) -> Map:
        """A new feature map. zero_point: as of int8."""
        if zero_point is None:
            zero_point = int(self.random.integers(-128, 128))
        index = self.file.tensor(f"net/{name}/{name}", shape, self.dtype, scale, zero_point + self.offset)
        return Map(index, tuple(int(size) for size in shape), scale, zero_point)

    def append(self, kind: str, inputs: Sequence[int], output: Map, options: str = "", **fields: Any) -> Map:
        """An operator that makes `output`, which becomes the current map. fields: of its options."""
        self.file.operator(kind, inputs, [output.index], options, **fields)
        self.current = output
        return output

    def quantize(self, scale: float, zero_point: int) -> Map:
        """QUANTIZE to another scale."""
        output = self.map("quantize", self.current.shape, scale, zero_point)
        return self.append("QUANTIZE", [self.current.index], output, "QuantizeOptions")

    def finish(self, output: tuple[float, int] | None = None) -> bytes:
        """The file, ending in `current`. output: scale and zero point of a uint8 output that differs in them."""
        last = self.current
        if self.io == self.dtype or self.file.tensors[last.index].dtype == "int32":
            index = last.index
        elif self.io == "float32":
            index = self.file.tensor("output", last.shape, "float32")
            self.file.operator("DEQUANTIZE", [last.index], [index], "DequantizeOptions")
        else:
            offset = 128 - self.offset
            index = self.file.tensor("output", last.shape, self.io, *(output or (last.scale, last.zero_point + offset)))
            self.file.operator("QUANTIZE", [last.index], [index], "QuantizeOptions")
        return self.file.finish([self.input], [index])
