"""Tensors: one feature map each, height x width x channels, quantized with one scale and zero point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

QMIN = {"int8": -128, "uint8": 0}
QMAX = {"int8": 127, "uint8": 255}


@dataclass(frozen=True, eq=False)
class ChannelOrigin:
    """Where the channels of a compacted tensor come from, so that any layer can be compared with the model's.

    kept: int array [C], the channel of the model's tensor that each remaining channel is, -1 for padding.
    constants: int array [C of the model], the quantized value (in the model's own int8) of every removed
        channel; entries of kept channels are ignored.
    observable: bool array [C of the model], False for channels that nothing reads: they were removed without
        having a constant value, so there is nothing to compare.
    """

    kept: np.ndarray
    constants: np.ndarray
    observable: np.ndarray


@dataclass(frozen=True, eq=False)
class Tensor:
    """A feature map of one image.

    name: unique in the graph; the model file's own name wherever it has one.
    shape: (height, width, channels); vectors are (1, 1, channels).
    dtype: "int8" or "uint8"; real value = scale * (q - zero_point).
    origin: set by passes that remove channels, None while the tensor is the model's own.
    """

    name: str
    shape: tuple[int, int, int]
    dtype: str
    scale: float
    zero_point: int
    origin: ChannelOrigin | None = None

    @property
    def height(self) -> int:
        return self.shape[0]

    @property
    def width(self) -> int:
        return self.shape[1]

    @property
    def channels(self) -> int:
        return self.shape[2]

    @property
    def size(self) -> int:
        """Number of elements, which is the number of bytes of the whole map."""
        return self.shape[0] * self.shape[1] * self.shape[2]

    @property
    def qmin(self) -> int:
        return QMIN[self.dtype]

    @property
    def qmax(self) -> int:
        return QMAX[self.dtype]
