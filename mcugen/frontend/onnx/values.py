"""What is known of an ONNX value while the file is walked in order."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcugen import ir
from mcugen.frontend.onnx.nodes import Node

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class View:
    """How an ONNX array looks at a feature map of the graph.

    shape: (height, width, channels) of the map. dims: the ONNX shape, batch included. order: "CHW" or "HWC", the
    order of the map's elements in which the ONNX array, row by row, holds them. So Flatten, Reshape, Squeeze and
    the Transposes between NCHW and NHWC change the view and cost nothing.
    """

    shape: Shape
    dims: tuple[int, ...]
    order: str = "CHW"

    @staticmethod
    def of_map(shape: Shape) -> View:
        """The usual view of a map: (1, C, H, W)."""
        height, width, channels = shape
        return View(shape, (1, channels, height, width))

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def channel_axis(self) -> int | None:
        """The axis of `dims` along which the map's channels stand, None where the dims are no longer a map's."""
        height, width, channels = self.shape
        if self.order == "CHW" and self.dims == (1, channels, height, width):
            return 1
        return 3 if self.order == "HWC" and self.dims == (1, height, width, channels) else None

    @property
    def keeps_memory_order(self) -> bool:
        """Whether the ONNX order of elements is the map's own (height, width, channel) order."""
        return self.order == "HWC" or _is_flat(self.shape)

    def shows_same_elements(self, other: View) -> bool:
        """Whether two views with equal dims show their maps' elements at the same places in memory."""
        if self.keeps_memory_order and other.keeps_memory_order:
            return self.size == other.size
        both_chw = not self.keeps_memory_order and not other.keeps_memory_order
        return both_chw and self.size == other.size and self.shape[2] == other.shape[2]

    def memory_to_onnx(self) -> np.ndarray:
        """int64 [size]: the ONNX position of every element in memory order."""
        height, width, channels = self.shape
        positions = np.arange(self.size)
        if self.order == "HWC":
            return positions
        return positions.reshape(channels, height, width).transpose(1, 2, 0).ravel()


def _is_flat(shape: Shape) -> bool:
    return shape[0] * shape[1] == 1 or shape[2] == 1


@dataclass(frozen=True, eq=False)
class Constant:
    """An initializer, the output of a Constant node, or what was computed from those."""

    array: np.ndarray

    def real(self) -> np.ndarray:
        """The values as float64."""
        return self.array.astype(np.float64)


@dataclass(frozen=True, eq=False)
class QuantizedConstant:
    """A constant after DequantizeLinear: array int8, uint8 or int32; scale, zero_point broadcast along `axis`.

    scale: float64 [n], zero_point: int64 [n], n = 1 or the length of the axis.
    """

    array: np.ndarray
    scale: np.ndarray
    zero_point: np.ndarray
    axis: int

    def along_axis(self, values: np.ndarray) -> np.ndarray:
        """[n] values in a shape that broadcasts against the array."""
        if len(values) == 1:
            return values.reshape((1,) * self.array.ndim)
        return values.reshape([-1 if i == self.axis else 1 for i in range(self.array.ndim)])

    def centred(self) -> np.ndarray:
        """array - zero_point as int64."""
        return self.array.astype(np.int64) - self.along_axis(self.zero_point)

    def real(self) -> np.ndarray:
        """The values as float64."""
        return np.asarray(self.centred() * self.along_axis(self.scale))


@dataclass(frozen=True, eq=False)
class ModelInput:
    """The model's input before its first QuantizeLinear (dtype "float32") or DequantizeLinear ("int8", "uint8")."""

    view: View
    dtype: str


@dataclass(frozen=True, eq=False)
class Stored:
    """Integers of a tensor of the graph. dtype: the file's, "int8" or "uint8" after QuantizeLinear; "int32" or "int64"
    of numbers of classes, which the tensor has 128 less."""

    view: View
    tensor: ir.Tensor
    dtype: str


@dataclass(frozen=True, eq=False)
class Real:
    """The real values that a tensor of the graph stands for, after DequantizeLinear. dtype: as in `Stored`."""

    view: View
    tensor: ir.Tensor
    dtype: str


Finish = Callable[[ir.Tensor, int, int], None]


@dataclass(frozen=True, eq=False)
class FunctionOfOne:
    """function, float32 to float32, of the real values of a tensor, float32 [256], or [C, 256] where it differs from
    channel to channel."""

    source: Real
    function: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Pending:
    """A layer's real output, which becomes an operator of the graph at its QuantizeLinear.

    node: the layer. finish(output, minimum, maximum) emits the operators that write `output`, clamped.
    low, high: real bounds of the activations that followed. with_bias(real bias [C]): the same with a bias,
    where the layer has none yet. natural: (scale, zero point) to take where the model ends without QuantizeLinear.
    """

    view: View
    node: Node
    finish: Finish
    low: float = -math.inf
    high: float = math.inf
    with_bias: Callable[[np.ndarray], Pending] | None = None
    natural: tuple[float, int] | None = None
    of_one: FunctionOfOne | None = None


Activation = ModelInput | Stored | Real | Pending
Value = Constant | QuantizedConstant | ModelInput | Stored | Real | Pending
