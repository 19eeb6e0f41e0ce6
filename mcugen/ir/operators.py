"""The operators of the graph: frozen dataclasses whose fields decide every bit of their result.

Arithmetic common to all: x, y are the stored integers of input and output, z their zero points. Values outside
a padded input are the input's zero point. Shapes are height x width x channels of one image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from mcugen.fixedpoint import AddArithmetic, Requantization, SoftmaxNormalization

UNBOUNDED = (-math.inf, math.inf)
"""The bounds of no activation."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A sliding window: kernel and stride as (height, width), padding as (top, bottom, left, right)."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) of the output for an input of this size; explicit padding, floor division."""
        top, bottom, left, right = self.padding
        return (
            (height + top + bottom - self.kernel[0]) // self.stride[0] + 1,
            (width + left + right - self.kernel[1]) // self.stride[1] + 1,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Operator:
    """Base of all operators.

    name: what people call the layer, unique in the graph.
    inputs, output: tensor names.
    source: where it stands in the model file, for messages, such as "CONV_2D #12".
    source_index: position among the model file's operators, None where an operator has no counterpart there.
    activation: real bounds between which the file's activation function holds the output, (0, 6) for ReLU6. No bit of
        the result depends on them, the stored clamp does that: they tell a clamp that the net means from a range that
        is too small.
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    source: str = ""
    source_index: int | None = None
    activation: tuple[float, float] = UNBOUNDED

    @property
    def input(self) -> str:
        """The first (for most operators the only) input."""
        return self.inputs[0]


@dataclass(frozen=True, kw_only=True, eq=False)
class Conv2D(Operator):
    """Standard and pointwise convolution: y[o] = requantize(bias[o] + sum w[o,i,j,c] * (x[i,j,c] - z)).

    weights: int8 [out channels, kernel height, kernel width, in channels], symmetric (zero point 0).
    bias: int32 [out channels]. requantization: one entry an output channel.
    """

    weights: np.ndarray
    bias: np.ndarray
    window: Window
    requantization: Requantization

    @property
    def is_pointwise(self) -> bool:
        return self.window == Window(kernel=(1, 1))


@dataclass(frozen=True, kw_only=True, eq=False)
class DepthwiseConv2D(Operator):
    """Depthwise convolution: output channel c reads input channel c // depth_multiplier.

    weights: int8 [kernel height, kernel width, out channels], symmetric. bias: int32 [out channels].
    """

    weights: np.ndarray
    bias: np.ndarray
    window: Window
    requantization: Requantization
    depth_multiplier: int = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class FullyConnected(Operator):
    """Fully connected layer over the input flattened in height, width, channel order.

    weights: int8 [out channels, height * width * in channels], symmetric. bias: int32 [out channels].
    """

    weights: np.ndarray
    bias: np.ndarray
    requantization: Requantization


@dataclass(frozen=True, kw_only=True, eq=False)
class AveragePool2D(Operator):
    """Average over a window, cells outside the input left out.

    With `requantization` (TensorFlow Lite's MEAN, ONNX): y = requantize(sum(x - z)), the window's cell count being
    part of the multiplier; the window then never reaches outside the input.
    Without (TensorFlow Lite's AVERAGE_POOL_2D): y = clamp(round_half_away(sum(x - input_origin) / n) + output_origin),
    n being the number of cells inside the input, and the origins the stored values that the model's int8 zero became.
    """

    window: Window
    requantization: Requantization | None = None
    minimum: int = -128
    maximum: int = 127
    input_origin: int = 0
    output_origin: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class MaxPool2D(Operator):
    """Maximum over a window, cells outside the input left out, then clamped."""

    window: Window
    minimum: int = -128
    maximum: int = 127


@dataclass(frozen=True, kw_only=True, eq=False)
class Add(Operator):
    """Elementwise sum of two maps of the same shape and different scales."""

    arithmetic: AddArithmetic


@dataclass(frozen=True, kw_only=True, eq=False)
class Pad(Operator):
    """Surrounds the input with its zero point. padding: (top, bottom, left, right)."""

    padding: tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Reshape(Operator):
    """Another shape for the same elements in height, width, channel order."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Lookup(Operator):
    """y = table[x - qmin of the input]: any elementwise function, as int array [256] of stored output values.

    A requantization between two scales, a lone ReLU, a clamp.
    """

    table: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Softmax(Operator):
    """Softmax over the channels of a (1, 1, C) tensor.

    exponentials: int32 [256], exp(-d * scale * beta) in fixed point for d = max(x) - x.
    normalization: how the sum divides the exponentials (`fixedpoint.softmax_normalize`).
    output_offset: added to the int8 result, 128 where the output is stored as uint8.
    """

    exponentials: np.ndarray = field(repr=False)
    normalization: SoftmaxNormalization
    output_offset: int = 0
