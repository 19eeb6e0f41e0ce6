"""Standard and pointwise convolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import Requantizer
from mcugen.ir.accumulate import accumulate_convolution, accumulator_bound
from mcugen.ir.batches import in_batches
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Channels, Operator, Rows
from mcugen.ir.operators.weighted import Weighted, narrow_weights, padded_requantization, padded_taps
from mcugen.ir.rules import verify_window
from mcugen.ir.tensor import Tensor
from mcugen.ir.window import Window

_INT32 = np.iinfo(np.int32)


@dataclass(frozen=True, kw_only=True, eq=False)
class Conv2D(Weighted):
    """Standard and pointwise convolution: y[o] = requantize(bias[o] + sum w[o,i,j,c] * (x[i,j,c] - z)).

    weights: as of `Weighted`, [out channels, kernel height, kernel width, in channels], symmetric (zero point 0).
    bias: int32 [out channels]. requantization: one entry an output channel.
    """

    window: Window

    @property
    def is_pointwise(self) -> bool:
        """A kernel of one pixel that is at every pixel."""
        return self.window == Window(kernel=(1, 1))

    @property
    def reads_single_pixels(self) -> bool:
        """A kernel of one pixel without padding, at any stride."""
        return self.window.kernel == (1, 1) and not any(self.window.padding)

    @property
    def by_position(self) -> bool:
        """Without a neighbourhood."""
        return self.is_pointwise

    @property
    def kind(self) -> str:
        """Pointwise or any other."""
        return "pointwise" if self.window.kernel == (1, 1) else "convolution"

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Weights that fit the window, and both tensors' channels."""
        self.verify_weights((output.channels, *self.window.kernel, inputs[0].channels), output)
        verify_window(self, self.window, inputs[0], output)

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """A product of matrices, of the windows as rows."""
        matrix = self.weight_matrix
        bound = accumulator_bound(matrix, self.bias, inputs[0])
        requantizer = Requantizer(self.requantization, bound)

        def compute(x: np.ndarray) -> np.ndarray:
            return requantizer(accumulate_convolution(x, matrix, self.bias, self.window, inputs[0].zero_point, bound))

        return in_batches(compute, values, output, output.height * output.width * matrix.shape[1])

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """Each tap at the end of its interval that suits its weight."""
        weights = self.weights.astype(np.int64).transpose(1, 2, 3, 0)
        stored = Interval(intervals[0].low[:, None], intervals[0].high[:, None])
        padded = padded_taps(self.window, inputs[0])[..., None, None]
        return self.reach_of_sums(weights, stored, inputs[0].zero_point, padded)

    def padded(self, amounts: tuple[int, int, int, int], source: str) -> Operator:
        """Its window pads with the input's zero point."""
        return replace(self, inputs=(source,), window=self.window.padded(amounts))

    @property
    def channels(self) -> Channels:
        """Any number in, any number out."""
        return Channels.MIXED

    def channels_read(
        self, outputs: np.ndarray, inputs: Sequence[Tensor], constants: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """Those with weights that are not constant."""
        read = np.any(self.weights[outputs] != 0, axis=(0, 1, 2))
        # Beside a border a constant channel holds the zero point instead: only constants of no effect can go.
        return [read if any(self.window.padding) else read & ~constants[0]]

    def channels_written(self, inputs: Sequence[np.ndarray], outputs: np.ndarray) -> np.ndarray:
        """Those that are needed."""
        return outputs

    def without_channels(
        self,
        kept: Sequence[np.ndarray],
        outputs: np.ndarray,
        inputs: Sequence[Tensor],
        intervals: Sequence[Interval],
    ) -> Operator:
        """Constants of removed channels go into the bias."""
        removed = ~kept[0] & intervals[0].constant
        constant = np.where(removed, intervals[0].low - inputs[0].zero_point, 0)
        weights = self.weights[outputs].astype(np.int64)
        # With padding only channels without weights were removed, so the constant adds nothing there.
        bias = self.bias[outputs] + (weights.sum(axis=(1, 2)) * constant).sum(axis=1)
        if bias.size and (bias.min() < _INT32.min or bias.max() > _INT32.max):
            raise UnsupportedModelError(
                f"{self.name}: the constant channels of its input do not fit a 32-bit bias",
                "leave out this pass with --no-fold-constant-channels",
            )
        return replace(
            self,
            weights=narrow_weights(np.ascontiguousarray(self.weights[outputs][..., kept[0]])),
            bias=bias.astype(np.int32),
            requantization=self.requantization.select(outputs),
        )

    def with_channels(self, inputs: int, outputs: int) -> Operator:
        """Rows and columns of zeros."""
        return replace(
            self,
            weights=np.pad(self.weights, ((0, outputs), (0, 0), (0, 0), (0, inputs))),
            bias=np.pad(self.bias, (0, outputs)),
            requantization=padded_requantization(self.requantization, len(self.bias), outputs),
        )

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """The rows under the window."""
        return [self.window.rows(y)]

    def weights_between(self, inputs: int, outputs: int) -> int:
        """A kernel for each pair of channels."""
        return self.window.cells * inputs * outputs
