"""Constant tables of the generated code, in the order in which the kernels read them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_C_TYPES = {"int8": "int8_t", "uint8": "uint8_t", "int16": "int16_t", "int32": "int32_t", "uint32": "uint32_t"}


@dataclass(frozen=True, eq=False)
class Constant:
    """One `const` array.

    name: without the library's prefix. kind: "weights" or "other", for the size report; mixed_weight_bytes: how many
    bytes of a table that holds both are weights.
    """

    name: str
    values: np.ndarray
    comment: str
    kind: str = "other"
    mixed_weight_bytes: int | None = None

    @property
    def weight_bytes(self) -> int:
        """Bytes of weights in it."""
        if self.mixed_weight_bytes is not None:
            return self.mixed_weight_bytes
        return self.bytes if self.kind == "weights" else 0

    @property
    def ctype(self) -> str:
        """The C type of an element."""
        return _C_TYPES[self.values.dtype.name]

    @property
    def count(self) -> int:
        """Number of elements."""
        return int(self.values.size)

    @property
    def bytes(self) -> int:
        """Size in flash."""
        return int(self.values.nbytes)


def tiled_weights(weights: np.ndarray, rows: int) -> np.ndarray:
    """Weights [O, K] in groups of `rows` output channels, [group][k][row]; the last group may be smaller."""
    whole = len(weights) // rows * rows
    depth = weights.shape[1]
    grouped = weights[:whole].reshape(-1, rows, depth).transpose(0, 2, 1)
    return np.concatenate([grouped.reshape(-1), weights[whole:].T.reshape(-1)])


def weights_by_channel(weights: np.ndarray) -> np.ndarray:
    """Weights [kernel height, kernel width, C] as [C][kernel height][kernel width]."""
    return weights.transpose(2, 0, 1).reshape(-1)
