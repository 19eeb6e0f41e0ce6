"""Depthwise convolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mcugen.fixedpoint import Requantizer
from mcugen.ir.accumulate import accumulate_depthwise, accumulator_bound
from mcugen.ir.batches import in_batches
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Channels, Operator, Planes, Rows
from mcugen.ir.operators.weighted import Weighted, narrow_weights, padded_requantization, padded_taps
from mcugen.ir.rules import verify_window
from mcugen.ir.tensor import Tensor
from mcugen.ir.window import Window


@dataclass(frozen=True, kw_only=True, eq=False)
class DepthwiseConv2D(Weighted):
    """Depthwise convolution: output channel c reads input channel c // depth_multiplier.

    weights: as of `Weighted`, [kernel height, kernel width, out channels], symmetric. bias: int32 [out channels].
    """

    window: Window
    depth_multiplier: int = 1

    planes: ClassVar[Planes] = Planes.ALWAYS
    channel_axis: ClassVar[int] = 2

    @property
    def kind(self) -> str:
        """Depthwise."""
        return "depthwise"

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Weights that fit the window and the output's channels."""
        self.require(output.channels == inputs[0].channels * self.depth_multiplier, "the depth multiplier")
        self.verify_weights((*self.window.kernel, output.channels), output)
        verify_window(self, self.window, inputs[0], output)

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Tap by tap, all channels at once."""
        bound = accumulator_bound(self.weight_matrix, self.bias, inputs[0])
        requantizer = Requantizer(self.requantization, bound)

        def compute(x: np.ndarray) -> np.ndarray:
            zero_point, multiplier = inputs[0].zero_point, self.depth_multiplier
            return requantizer(
                accumulate_depthwise(x, self.weights, self.bias, self.window, multiplier, zero_point, bound)
            )

        return in_batches(compute, values, output, inputs[0].size * self.depth_multiplier)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """Each tap at the end of its interval that suits its weight."""
        low, high = (np.repeat(bound, self.depth_multiplier) for bound in (intervals[0].low, intervals[0].high))
        padded = padded_taps(self.window, inputs[0])[..., None]
        return self.reach_of_sums(self.weights.astype(np.int64), Interval(low, high), inputs[0].zero_point, padded)

    def padded(self, amounts: tuple[int, int, int, int], source: str) -> Operator:
        """Its window pads with the input's zero point."""
        return replace(self, inputs=(source,), window=self.window.padded(amounts))

    @property
    def channels(self) -> Channels:
        """Each on its own, as long as there is one output channel for each."""
        return Channels.TIED if self.depth_multiplier == 1 else Channels.FIXED

    def channels_read(
        self, outputs: np.ndarray, inputs: Sequence[Tensor], constants: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """Those of which any output channel is needed."""
        return [np.any(outputs.reshape(-1, self.depth_multiplier), axis=1)]

    def channels_written(self, inputs: Sequence[np.ndarray], outputs: np.ndarray) -> np.ndarray:
        """All output channels of those that are read."""
        return np.repeat(inputs[0], self.depth_multiplier)

    def without_channels(
        self,
        kept: Sequence[np.ndarray],
        outputs: np.ndarray,
        inputs: Sequence[Tensor],
        intervals: Sequence[Interval],
    ) -> Operator:
        """Their filters go."""
        return replace(
            self,
            weights=narrow_weights(np.ascontiguousarray(self.weights[..., outputs])),
            bias=self.bias[outputs],
            requantization=self.requantization.select(outputs),
        )

    def with_channels(self, inputs: int, outputs: int) -> Operator:
        """Filters of zeros."""
        return replace(
            self,
            weights=np.pad(self.weights, ((0, 0), (0, 0), (0, outputs))),
            bias=np.pad(self.bias, (0, outputs)),
            requantization=padded_requantization(self.requantization, len(self.bias), outputs),
        )

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """The rows under the window."""
        return [self.window.rows(y)]

    def weights_between(self, inputs: int, outputs: int) -> int:
        """A kernel for each output channel."""
        return self.window.cells * outputs
