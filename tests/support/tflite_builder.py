"""Builds small int8 or uint8 networks with random weights as .tflite files, layer by layer.

A test says what is special about its model and leaves the rest to defaults:

    net = NetworkBuilder(seed=1, shape=(9, 7, 3))
    net.convolution(8, kernel=(3, 3), stride=(2, 2), activation="RELU6")
    net.mean()
    net.fully_connected(4)
    net.softmax()
    data = net.finish()
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tflite

from tests.support.tflite_network import Map
from tests.support.tflite_weighted import WeightedLayers, activation_code, window_fields, window_output

__all__ = ["Map", "NetworkBuilder", "window_output"]

_ELEMENTWISE_OPTIONS = {
    "ADD": "AddOptions",
    "SUB": "SubOptions",
    "MUL": "MulOptions",
    "DIV": "DivOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "MINIMUM": "MaximumMinimumOptions",
}
_INT32 = tflite.TensorType.INT32
_WITHOUT_ACTIVATION = frozenset({"MAXIMUM", "MINIMUM"})
_ACTIVATION_OPTIONS = {"LEAKY_RELU": "LeakyReluOptions", "GELU": "GeluOptions"}


class NetworkBuilder(WeightedLayers):
    """Layers are appended to `current`, or to the map that is passed as `source`; each returns its output map.

    Output scales are chosen such that random activations spread over most of the int8 range; zero points are
    random unless given, and so are biases, which are repeated over the channels.
    """

    def add(self, left: Map, right: Map, activation: str = "NONE", **output: Any) -> Map:
        """ADD of two maps."""
        output.setdefault("scale", 1.2 * max(left.scale, right.scale))
        return self.elementwise("ADD", left, right, activation, **output)

    def elementwise(self, kind: str, left: Map, right: Map, activation: str = "NONE", **output: Any) -> Map:
        """ADD, SUB, MUL of two maps, or of a map and a constant (`values`), one repeated over the other."""
        if "scale" not in output:
            product = left.scale * right.scale * 60
            output["scale"] = product if kind == "MUL" else 1.2 * max(left.scale, right.scale)
        fields = {} if kind in _WITHOUT_ACTIVATION else {"FusedActivationFunction": activation_code(activation)}
        return self.append(
            kind,
            [left.index, right.index],
            self.map(kind.lower(), max(left.shape, right.shape, key=math.prod), **output),
            _ELEMENTWISE_OPTIONS[kind],
            **fields,
        )

    def values(self, values: Any, scale: float = 0.02, zero_point: int = -11) -> Map:
        """A constant as an operand, values and zero point as of int8."""
        array = np.asarray(values)
        index = self.file.constant(
            "values", array + self.offset, self.dtype, scale=scale, zero_point=zero_point + self.offset
        )
        return Map(index, array.shape, scale, zero_point)

    def real(self, kind: str) -> int:
        """DEQUANTIZE or CAST of the current map: index of the float32 tensor."""
        index = self.file.tensor("real", self.current.shape, "float32")
        options = {"DEQUANTIZE": "DequantizeOptions", "CAST": "CastOptions"}[kind]
        self.file.operator(kind, [self.current.index], [index], options)
        return index

    def of_reals(self, kind: str, left: int, right: int, activation: str = "NONE") -> int:
        """ADD, SUB, MUL, DIV, MAXIMUM, MINIMUM of float32 tensors: index of one as large as the current map."""
        index = self.file.tensor(kind.lower(), self.current.shape, "float32")
        fields = {} if kind in _WITHOUT_ACTIVATION else {"FusedActivationFunction": activation_code(activation)}
        self.file.operator(kind, [left, right], [index], _ELEMENTWISE_OPTIONS[kind], **fields)
        return index

    def stored(self, real: int, scale: float, zero_point: int | None = None) -> Map:
        """QUANTIZE of a float32 tensor as large as the current map."""
        output = self.map("stored", self.current.shape, scale, zero_point)
        return self.append("QUANTIZE", [real], output, "QuantizeOptions")

    def concatenate(self, *sources: Map, axis: int = 3, **output: Any) -> Map:
        """CONCATENATION of maps, by default to the scale and zero point of the first."""
        shape = list(sources[0].shape)
        shape[axis] = sum(source.shape[axis] for source in sources)
        output = {"scale": sources[0].scale, "zero_point": sources[0].zero_point} | output
        joined = self.map("concat", shape, **output)
        indices = [source.index for source in sources]
        return self.append("CONCATENATION", indices, joined, "ConcatenationOptions", Axis=axis)

    def slice(self, begin: Sequence[int], size: Sequence[int]) -> Map:
        """SLICE; a size of -1 is what is left."""
        source = self.current
        shape = [whole - b if n == -1 else n for b, n, whole in zip(begin, size, source.shape, strict=True)]
        constants = [self.file.constant(name, list(values)) for name, values in (("begin", begin), ("size", size))]
        output = self.map("slice", shape, source.scale, source.zero_point)
        return self.append("SLICE", [source.index, *constants], output, "SliceOptions")

    def strided_slice(self, begin: Sequence[int], end: Sequence[int], stride: Sequence[int], **masks: int) -> Map:
        """STRIDED_SLICE; masks: BeginMask, EndMask and so on, axis by axis from the lowest bit."""
        source, shape = self.current, []
        for axis, whole in enumerate(source.shape):
            first = None if masks.get("BeginMask", 0) >> axis & 1 else begin[axis]
            last = None if masks.get("EndMask", 0) >> axis & 1 else end[axis]
            shape.append(len(range(whole)[first : last : stride[axis]]))
        dropped = masks.get("ShrinkAxisMask", 0)
        shape = [size for axis, size in enumerate(shape) if not dropped >> axis & 1]
        fields = (("begin", begin), ("end", end), ("stride", stride))
        constants = [self.file.constant(name, list(values)) for name, values in fields]
        output = self.map("strided_slice", shape, source.scale, source.zero_point)
        return self.append("STRIDED_SLICE", [source.index, *constants], output, "StridedSliceOptions", **masks)

    def split(self, parts: int | Sequence[int], axis: int = 3) -> list[Map]:
        """SPLIT into so many equal parts, or SPLIT_V into parts of these sizes (-1: what is left); the first is the
        current map."""
        source, whole = self.current, self.current.shape[axis]
        if isinstance(parts, int):
            sizes = [whole // parts] * parts
            inputs = [self.file.constant("axis", axis), source.index]
        else:
            sizes = [size if size != -1 else whole - sum(n for n in parts if n != -1) for size in parts]
            inputs = [source.index, self.file.constant("sizes", list(parts)), self.file.constant("axis", axis)]
        maps = []
        for size in sizes:
            shape = list(source.shape)
            shape[axis] = size
            maps.append(self.map("split", shape, source.scale, source.zero_point))
        kind, options = ("SPLIT", "SplitOptions") if isinstance(parts, int) else ("SPLIT_V", "SplitVOptions")
        self.file.operator(kind, inputs, [each.index for each in maps], options, NumSplits=len(maps))
        self.current = maps[0]
        return maps

    def resize(self, kind: str, size: tuple[int, int], align_corners: bool = False, half_pixel: bool = False) -> Map:
        """RESIZE_BILINEAR or RESIZE_NEAREST_NEIGHBOR; kind: "Bilinear" or "NearestNeighbor"."""
        source = self.current
        output = self.map("resize", (1, *size, source.shape[3]), source.scale, source.zero_point)
        return self.append(
            {"Bilinear": "RESIZE_BILINEAR", "NearestNeighbor": "RESIZE_NEAREST_NEIGHBOR"}[kind],
            [source.index, self.file.constant("size", list(size))],
            output,
            f"Resize{kind}Options",
            AlignCorners=align_corners,
            HalfPixelCenters=half_pixel,
        )

    def pad(
        self, padding: tuple[int, int, int, int], value: int | None = None, channels: tuple[int, int] = (0, 0)
    ) -> Map:
        """PAD by (top, bottom, left, right), or PADV2 where a value is given; channels: before and behind the map's."""
        source, (top, bottom, left, right) = self.current, padding
        paddings = self.file.constant("paddings", [[0, 0], [top, bottom], [left, right], list(channels)])
        _, height, width, depth = source.shape
        shape = (1, height + top + bottom, width + left + right, depth + sum(channels))
        output = self.map("pad", shape, source.scale, source.zero_point)
        if value is None:
            return self.append("PAD", [source.index, paddings], output, "PadOptions")
        constant = self.file.constant(
            "value", value + self.offset, self.dtype, scale=source.scale, zero_point=source.zero_point + self.offset
        )
        return self.append("PADV2", [source.index, paddings, constant], output, "PadV2Options")

    def pool(
        self,
        kind: str = "AVERAGE",
        kernel: tuple[int, int] = (2, 2),
        stride: tuple[int, int] = (2, 2),
        padding: str = "VALID",
        activation: str = "NONE",
    ) -> Map:
        """AVERAGE_POOL_2D or MAX_POOL_2D; scale and zero point stay."""
        source = self.current
        shape = (1, *window_output(source.shape[1:3], kernel, stride, padding), source.shape[3])
        return self.append(
            f"{kind}_POOL_2D",
            [source.index],
            self.map("pool", shape, source.scale, source.zero_point),
            "Pool2DOptions",
            FilterHeight=kernel[0],
            FilterWidth=kernel[1],
            **window_fields(stride, padding, activation),
        )

    def mean(self, keep_dims: bool = False, axes: Sequence[int] = (1, 2), **output: Any) -> Map:
        """MEAN over the given axes of a map."""
        return self.reduce("MEAN", keep_dims, axes, **{"scale": self.current.scale / 3} | output)

    def reduce(self, kind: str, keep_dims: bool, axes: Sequence[int], **output: Any) -> Map:
        """MEAN, SUM, REDUCE_MAX, REDUCE_MIN over the given axes, by default to the same scale and zero point."""
        source = self.current
        rank = len(source.shape)
        reduced = {axis % rank for axis in axes}
        shape = [1 if axis in reduced else size for axis, size in enumerate(source.shape)]
        if not keep_dims:
            shape = [size for axis, size in enumerate(source.shape) if axis not in reduced]
        if kind in ("REDUCE_MAX", "REDUCE_MIN"):
            output = {"scale": source.scale, "zero_point": source.zero_point} | output
        return self.append(
            kind,
            [source.index, self.file.constant("axes", list(axes))],
            self.map(kind.lower(), shape, **output),
            "ReducerOptions",
            KeepDims=keep_dims,
        )

    def blocks(self, kind: str, size: int) -> Map:
        """SPACE_TO_DEPTH or DEPTH_TO_SPACE; kind: "SpaceToDepth" or "DepthToSpace"."""
        source, (_, height, width, channels) = self.current, self.current.shape
        shape = (1, height // size, width // size, channels * size * size)
        if kind == "DepthToSpace":
            shape = (1, height * size, width * size, channels // (size * size))
        output = self.map(kind.lower(), shape, source.scale, source.zero_point)
        name = {"SpaceToDepth": "SPACE_TO_DEPTH", "DepthToSpace": "DEPTH_TO_SPACE"}[kind]
        return self.append(name, [source.index], output, f"{kind}Options", BlockSize=size)

    def images(self, block: Sequence[int], padding: Sequence[Sequence[int]]) -> Map:
        """SPACE_TO_BATCH_ND: an image of every block-th row and column, from each place in a block."""
        source, (_, height, width, channels) = self.current, self.current.shape
        sizes = [(size + sum(pads)) // step for size, pads, step in zip((height, width), padding, block, strict=True)]
        output = self.map("images", (math.prod(block), *sizes, channels), source.scale, source.zero_point)
        constants = [self.file.constant("block", list(block)), self.file.constant("padding", padding)]
        return self.append("SPACE_TO_BATCH_ND", [source.index, *constants], output, "SpaceToBatchNDOptions")

    def image(self, block: Sequence[int], crops: Sequence[Sequence[int]]) -> Map:
        """BATCH_TO_SPACE_ND: the other way round, with rows and columns of the border left out."""
        source, (_, height, width, channels) = self.current, self.current.shape
        sizes = [size * step - sum(cut) for size, cut, step in zip((height, width), crops, block, strict=True)]
        output = self.map("image", (1, *sizes, channels), source.scale, source.zero_point)
        constants = [self.file.constant("block", list(block)), self.file.constant("crops", crops)]
        return self.append("BATCH_TO_SPACE_ND", [source.index, *constants], output, "BatchToSpaceNDOptions")

    def transpose(self, order: Sequence[int]) -> Map:
        """TRANSPOSE: axis k of the output is axis order[k] of the current map."""
        source = self.current
        output = self.map("transpose", [source.shape[axis] for axis in order], source.scale, source.zero_point)
        constant = self.file.constant("order", list(order))
        return self.append("TRANSPOSE", [source.index, constant], output, "TransposeOptions")

    def repeat(self, kind: str, numbers: Sequence[int]) -> Map:
        """TILE so many times along each axis, or BROADCAST_TO a shape."""
        source = self.current
        shape = numbers if kind == "BROADCAST_TO" else [n * t for n, t in zip(source.shape, numbers, strict=True)]
        output = self.map(kind.lower(), shape, source.scale, source.zero_point)
        return self.append(kind, [source.index, self.file.constant("numbers", list(numbers))], output)

    def upsample(self, rows: int, columns: int) -> Map:
        """How Keras 3 writes UpSampling2D, interpolation "nearest", of a fixed batch."""
        _, height, width, channels = self.current.shape
        self.reshape((1, height, 1, width, channels))
        self.repeat("TILE", (1, 1, rows, 1, 1))
        self.reshape((1, height * rows, width, 1, channels))
        self.repeat("TILE", (1, 1, 1, columns, 1))
        return self.reshape((1, height * rows, width * columns, channels))

    def shuffle(self, shape: Sequence[int], order: Sequence[int], back: Sequence[int]) -> Map:
        """RESHAPE, TRANSPOSE and RESHAPE."""
        self.reshape(shape)
        self.transpose(order)
        return self.reshape(back)

    def expand_dims(self, axis: int) -> Map:
        """EXPAND_DIMS."""
        source = self.current
        shape = [*source.shape[:axis], 1, *source.shape[axis:]]
        output = self.map("expand_dims", shape, source.scale, source.zero_point)
        return self.append("EXPAND_DIMS", [source.index, self.file.constant("axis", axis)], output)

    def prelu(self, alpha: Any, alpha_scale: float = 0.01, **output: Any) -> Map:
        """PRELU with a constant weight."""
        source, weights = self.current, self.values(alpha, alpha_scale)
        return self.append("PRELU", [source.index, weights.index], self.map("prelu", source.shape, **output))

    def reshape(self, shape: Sequence[int], target: Sequence[int] | None = None) -> Map:
        """RESHAPE to `shape`; target: what the file's second input says, where it differs (-1)."""
        source = self.current
        constant = self.file.constant("shape", list(shape if target is None else target))
        output = self.map("reshape", shape, source.scale, source.zero_point)
        return self.append("RESHAPE", [source.index, constant], output, "ReshapeOptions")

    def keras_flatten(self) -> Map:
        """The SHAPE, STRIDED_SLICE, PACK, RESHAPE that Keras writes for a Flatten with an open batch dimension."""
        source, file = self.current, self.file
        shape = file.tensor("shape", (len(source.shape),), "int32")
        file.operator("SHAPE", [source.index], [shape], "ShapeOptions", OutType=tflite.TensorType.INT32)
        begin, end, stride = (file.constant(name, [v]) for name, v in (("begin", 0), ("end", 1), ("stride", 1)))
        batch = file.tensor("batch", (), "int32")
        file.operator("STRIDED_SLICE", [shape, begin, end, stride], [batch], "StridedSliceOptions", ShrinkAxisMask=1)
        target = file.tensor("target", (2,), "int32")
        size = file.constant("size", source.size)
        file.operator("PACK", [batch, size], [target], "PackOptions", ValuesCount=2, Axis=0)
        output = self.map("flatten", (1, source.size), source.scale, source.zero_point)
        return self.append("RESHAPE", [source.index, target], output)

    def squeeze(self) -> Map:
        """SQUEEZE of height and width, both 1."""
        source = self.current
        output = self.map("squeeze", (1, source.shape[3]), source.scale, source.zero_point)
        return self.append("SQUEEZE", [source.index], output, "SqueezeOptions", SqueezeDims=[1, 2])

    def softmax(self, beta: float = 1.0) -> Map:
        """SOFTMAX over the last dimension."""
        output = self.map("softmax", self.current.shape, 1 / 256, -128)
        return self.append("SOFTMAX", [self.current.index], output, "SoftmaxOptions", Beta=beta)

    def log_softmax(self) -> Map:
        """LOG_SOFTMAX over the last dimension."""
        output = self.map("log_softmax", self.current.shape, 1 / 16, 127)
        return self.append("LOG_SOFTMAX", [self.current.index], output, "LogSoftmaxOptions")

    def l2_normalize(self) -> Map:
        """L2_NORMALIZATION over the last dimension."""
        output = self.map("l2_normalize", self.current.shape, 1 / 128, 0)
        return self.append("L2_NORMALIZATION", [self.current.index], output, "L2NormOptions", FusedActivationFunction=0)

    def arg_max(self, axis: int = -1) -> Map:
        """ARG_MAX, which makes int32 numbers."""
        source = self.current
        output = Map(self.file.tensor("numbers", source.shape[:-1], "int32"), source.shape[:-1], 1.0, 0)
        constant = self.file.constant("axis", axis)
        return self.append("ARG_MAX", [source.index, constant], output, "ArgMaxOptions", OutputType=_INT32)

    def activate(
        self, kind: str = "RELU", scale: float | None = None, zero_point: int | None = None, **fields: Any
    ) -> Map:
        """A stand-alone activation of this kind. fields: of its options."""
        scale = self.current.scale if scale is None else scale
        zero_point = self.current.zero_point if zero_point is None else zero_point
        output = self.map("activation", self.current.shape, scale, zero_point)
        return self.append(kind, [self.current.index], output, _ACTIVATION_OPTIONS.get(kind, ""), **fields)
