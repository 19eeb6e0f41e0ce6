"""Fully connected layer; a pass makes it a convolution, so that nothing behind the passes knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mcugen.fixedpoint import Requantizer
from mcugen.ir.accumulate import accumulate_matrix, accumulator_bound
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Rows
from mcugen.ir.operators.weighted import Weighted
from mcugen.ir.tensor import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class FullyConnected(Weighted):
    """Fully connected layer over the input flattened in height, width, channel order.

    weights: as of `Weighted`, [out channels, height * width * in channels], symmetric. bias: int32 [out channels].
    """

    flattens: ClassVar[bool] = True

    @property
    def kind(self) -> str:
        """Fully connected."""
        return "dense"

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Weights for every element of the input, and a vector as output."""
        self.verify_weights((output.channels, inputs[0].size), output)
        self.require(output.shape[:2] == (1, 1), "the output is a vector")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """A product of matrices."""
        bound = accumulator_bound(self.weights, self.bias, inputs[0])
        rows = values[0].reshape(-1, inputs[0].size)
        accumulator = accumulate_matrix(rows, self.weights, self.bias, inputs[0].zero_point, bound)
        result = Requantizer(self.requantization, bound)(accumulator)
        return result.reshape(-1, *output.shape).astype(output.dtype)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """Each element at the end of its channel's interval that suits its weight."""
        pixels = inputs[0].height * inputs[0].width
        low, high = (np.tile(bound, pixels)[:, None] for bound in (intervals[0].low, intervals[0].high))
        return self.reach_of_sums(self.weights.astype(np.int64).T, Interval(low, high), inputs[0].zero_point)

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """All."""
        return [(0, inputs[0].height - 1)]

    def weights_between(self, inputs: int, outputs: int) -> int:
        """Its weights, as it is gone before any channel is."""
        return int(self.weights.size)
