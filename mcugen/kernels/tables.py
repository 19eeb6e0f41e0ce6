"""What the tables of all kernels are made of: weights filled up to a column, folded biases, bytes in words."""

from __future__ import annotations

import numpy as np

from mcugen.ir import Conv2D


def padded_weights(op: Conv2D, depth: int) -> np.ndarray:
    """int8 [C, depth]: the weights of each output channel, filled up with zeros to the depth of a column."""
    weights = np.zeros((len(op.weights), depth), np.int8)
    weights[:, : op.weights[0].size] = op.weight_matrix
    return weights


def folded_bias(op: Conv2D, bias: np.ndarray, zero_points: int | np.ndarray) -> np.ndarray:
    """int64 [C]: bias - zero point * sum of weights, from which sums of weights times stored values start.

    zero_points: of all columns, or of each input channel.
    """
    return bias.astype(np.int64) - (op.weights.astype(np.int64) * zero_points).sum(axis=(1, 2, 3))


def bytes_in_words(values: np.ndarray) -> np.ndarray:
    """int64 [..., K / 4]: int8 [..., K], four in a word, the first in its lowest byte."""
    quads = values.view(np.uint8).reshape(*values.shape[:-1], -1, 4).astype(np.int64)
    return (quads << np.array([0, 8, 16, 24])).sum(axis=-1)


def words(values: np.ndarray) -> np.ndarray:
    """uint32 [N]: the low 32 bits of integers of any shape, in order."""
    return (values & 0xFFFFFFFF).astype(np.uint32).reshape(-1)
