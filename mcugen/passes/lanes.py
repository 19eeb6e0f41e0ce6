"""What the 16-bit lanes of packed pixels hold, see `kernels/packed`."""

from __future__ import annotations

import numpy as np

from mcugen.passes.intervals import Interval

# A lane begins at 2^15 and must neither borrow from the other nor carry into it; some room is left for the loop counter
# that the Armv7-M kernel keeps in the same register.
LANE_LIMIT = 32640


def products(weights: np.ndarray, columns: Interval) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest product of each weight, int64 [C, K]. columns: by [K]."""
    one, other = weights.astype(np.int64) * columns.low, weights.astype(np.int64) * columns.high
    return np.minimum(one, other), np.maximum(one, other)


def lanes_are_exact(weights: np.ndarray, columns: Interval, block: int) -> np.ndarray:
    """Bool [C]: whether no sum of `block` neighbouring products leaves a lane. weights: int [C, K]; columns: by [K]."""
    padding = ((0, 0), (0, -weights.shape[1] % block))
    exact = np.ones(len(weights), bool)
    least, largest = products(weights, columns)
    for magnitudes in (largest, -least):
        sums = np.pad(magnitudes, padding).reshape(len(weights), -1, block).sum(axis=2)
        exact &= np.all(sums <= LANE_LIMIT, axis=1)
    return exact
