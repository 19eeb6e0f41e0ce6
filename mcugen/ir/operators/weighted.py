"""What convolutions and fully connected layers share: weights, a bias, and sums that are requantized."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mcugen.fixedpoint import Requantization, requantize
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator
from mcugen.ir.rules import verify_requantization
from mcugen.ir.tensor import Tensor
from mcugen.ir.window import Window

_WIDEST = 255
_HALF = 1 << 30
"""The multiplier 1/2."""


def narrow_weights(weights: np.ndarray) -> np.ndarray:
    """The weights as int8 if all of them fit, else as int16."""
    fit = weights.size == 0 or (weights.min() >= -128 and weights.max() <= 127)
    return weights.astype(np.int8 if fit else np.int16)


@dataclass(frozen=True, kw_only=True, eq=False)
class Weighted(Operator):
    """y[o] = requantize(bias[o] + sum w * (x - z)), the sum over what output channel o reads.

    weights: int8, or int16 in [-255, 255] (a uint8 less its zero point) where `narrow_weights` says so; their own zero
    point is 0. bias: int32 [out channels]. requantization: one entry an output channel,
    or one for all.
    """

    weights: np.ndarray
    bias: np.ndarray
    requantization: Requantization

    channel_axis: ClassVar[int] = 0
    """The axis of `weights` that counts output channels."""

    @property
    def weight_matrix(self) -> np.ndarray:
        """Weights [out channels, weights of each]."""
        return np.moveaxis(self.weights, self.channel_axis, 0).reshape(len(self.bias), -1)

    @property
    def has_wide_weights(self) -> bool:
        """Weights outside int8, which need 16 bits each."""
        return self.weights.dtype != np.int8

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return int(self.weights.size) + int(self.bias.size)

    def macs(self, output: Tensor) -> int:
        """Weights times output pixels."""
        return int(self.weights.size) * output.height * output.width

    def weight_scales(self, inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Follow from the requantization, since the product of the scales of the first input and of the weights is the
        multiplier times the output's."""
        requantization = self.requantization.broadcast(len(self.bias))
        multiplier = requantization.multiplier * np.exp2(requantization.shift - 31.0)
        return multiplier * float(output.scale) / float(inputs[0].scale)

    def parameters_between(self, inputs: int, outputs: int) -> int:
        """Weights, and a bias for each output channel."""
        return self.weights_between(inputs, outputs) + outputs

    def macs_between(self, inputs: int, outputs: int, output: Tensor) -> int:
        """Weights times output pixels."""
        return self.weights_between(inputs, outputs) * output.height * output.width

    @abstractmethod
    def weights_between(self, inputs: int, outputs: int) -> int:
        """How many weights it would have with so many input and output channels."""

    @property
    def requantizes(self) -> Requantization:
        """Its requantization."""
        return self.requantization

    @property
    def sums_start(self) -> np.ndarray:
        """The bias."""
        return self.bias.astype(np.int64)

    def without_constant_sums(self, accumulators: Interval) -> Operator:
        """A constant channel's sum is 4 * (value - zero point), times 1/4: exact in every rounding."""
        requantization = self.requantization.broadcast(len(self.bias))
        value = requantize(accumulators.low, requantization)
        constant = value == requantize(accumulators.high, requantization)
        weights = self.weights.copy()
        np.moveaxis(weights, self.channel_axis, 0)[constant] = 0
        return replace(
            self,
            weights=weights,
            bias=np.where(constant, 4 * (value - requantization.zero_point), self.bias).astype(np.int32),
            requantization=replace(
                requantization,
                multiplier=np.where(constant, _HALF, requantization.multiplier),
                shift=np.where(constant, -1, requantization.shift),
            ),
        )

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """The sums stay, as x - z does."""
        return replace(self, requantization=self.requantization.offset(output))

    def clamped(self, minimum: int, maximum: int) -> Operator:
        """The requantization clamps."""
        return replace(self, requantization=self.requantization.clamped(minimum, maximum))

    def verify_weights(self, shape: tuple[int, ...], output: Tensor) -> None:
        """Types and shapes, and the requantization. shape: that the weights must have."""
        self.require(self.weights.dtype in (np.int8, np.int16), "weights are int8 or int16")
        self.require(
            self.weights.dtype == np.int8 or int(np.abs(self.weights).max(initial=0)) <= _WIDEST,
            "weights lie in [-255, 255]",
        )
        self.require(self.weights.shape == shape, f"weights are {shape}, not {self.weights.shape}")
        self.require(self.bias.dtype == np.int32, "the bias is int32")
        self.require(self.bias.ndim == 1, "the bias is one-dimensional")
        self.require(len(self.bias) == output.channels, "one bias an output channel")
        verify_requantization(self, self.requantization, output)

    def reach_of_sums(
        self, weights: np.ndarray, stored: Interval, zero_point: int, padded: np.ndarray | bool = False
    ) -> Reach:
        """What sums of weights int64 [taps..., C_out] can reach, and their requantization.

        stored: the input's values, arranged so that they broadcast against the weights. padded: bool, likewise, the
        taps that some window has outside the input, where they add nothing.
        """
        low, high = stored.low - zero_point, stored.high - zero_point
        lowest = np.where(weights > 0, weights * low, weights * high)
        highest = np.where(weights > 0, weights * high, weights * low)
        lowest = np.where(padded, np.minimum(lowest, 0), lowest)
        highest = np.where(padded, np.maximum(highest, 0), highest)
        axes = tuple(range(weights.ndim - 1))
        bias = self.bias.astype(np.int64)
        sums = Interval(lowest.sum(axis=axes) + bias, highest.sum(axis=axes) + bias)
        partial_low = np.minimum(np.minimum(lowest, 0).sum(axis=axes), sums.low)
        partial_high = np.maximum(np.maximum(highest, 0).sum(axis=axes), sums.high)
        requantization = self.requantization.broadcast(len(bias))
        return Reach(
            Interval(requantize(sums.low, requantization), requantize(sums.high, requantization)),
            accumulator=sums,
            partial_sums=Interval(partial_low, partial_high),
            magnitude=_magnitude(weights, bias, zero_point, stored),
        )


def padded_taps(window: Window, tensor: Tensor) -> np.ndarray:
    """Bool [kernel height, kernel width]: the tap falls outside the input at some output position."""

    def outside(kernel: int, stride: int, before: int, after: int, size: int) -> np.ndarray:
        count = (size + before + after - kernel) // stride + 1
        first = np.arange(kernel) - before
        return (first < 0) | (first + (count - 1) * stride >= size)

    (kh, kw), (sh, sw), (top, bottom, left, right) = window.kernel, window.stride, window.padding
    rows = outside(kh, sh, top, bottom, tensor.height)
    columns = outside(kw, sw, left, right, tensor.width)
    return rows[:, None] | columns[None, :]


def padded_requantization(requantization: Requantization, channels: int, extra: int) -> Requantization:
    """The requantization with `extra` more channels, whose sums are 0: any multiplier makes the zero point of them."""
    if extra == 0:
        return requantization
    whole = requantization.broadcast(channels)
    return replace(
        whole,
        multiplier=np.pad(whole.multiplier, (0, extra), constant_values=1 << 30),
        shift=np.pad(whole.shift, (0, extra), constant_values=-1),
    )


def _magnitude(weights: np.ndarray, bias: np.ndarray, zero_point: int, stored: Interval) -> int:
    """A bound on every partial sum of (bias - z * sum w) + sum w * x, in whatever order it is summed."""
    axes = tuple(range(weights.ndim - 1))
    largest = max(abs(int(stored.low.min())), abs(int(stored.high.max())), abs(zero_point))
    folded = np.abs(bias - zero_point * weights.sum(axis=axes))
    return int((np.maximum(folded, np.abs(bias)) + largest * np.abs(weights).sum(axis=axes)).max())
