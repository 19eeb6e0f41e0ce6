"""Builds small QDQ models with random weights as ONNX files, layer by layer.

A test says what is special about its model and leaves the rest to defaults:

    net = QdqBuilder(seed=1, shape=(3, 9, 7))
    net.conv(8, kernel=(3, 3), strides=(2, 2), activation="Relu")
    net.global_average_pool()
    net.flatten()
    net.gemm(4)
    model = net.finish()

Every layer reads `current` and leaves its dequantized output there. `add_node` and `quantize` are the raw material for
forms that no method has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_TYPES = {
    **{"float32": TensorProto.FLOAT, "int8": TensorProto.INT8, "uint8": TensorProto.UINT8},
    **{"int32": TensorProto.INT32, "int64": TensorProto.INT64},
}


class QdqBuilder:
    """shape: (C, H, W) or (features,). activations: "int8" or "uint8". source: the model's input type.

    layout: "NHWC" puts a Transpose behind the input, as tf2onnx does.
    """

    def __init__(
        self,
        seed: int = 0,
        shape: Sequence[int] = (3, 8, 8),
        activations: str = "int8",
        source: str = "float32",
        layout: str = "NCHW",
        opset: int = 17,
        batch: int | str = 1,
    ) -> None:
        self.random = np.random.default_rng(seed)
        self.activations = activations
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.metadata: dict[str, str] = {}
        self.channels = shape[0]
        file_shape = (*shape[1:], shape[0]) if layout == "NHWC" else shape
        self.input = helper.make_tensor_value_info("image", _TYPES[source], [batch, *file_shape])
        self.scale, self.zero_point = 0.02, self.in_range(3)
        if source == "float32":
            self.current = self.quantize("image", self.scale, self.zero_point)
        else:
            self.current = self.dequantize("image", self.scale, self.zero_point)
        if layout == "NHWC":
            self.current = self.add_node("Transpose", [self.current], perm=[0, 3, 1, 2])

    def in_range(self, zero_point: int) -> int:
        """A zero point chosen for int8, in the type of the activations."""
        return zero_point + (128 if self.activations == "uint8" else 0)

    def add_node(self, op_type: str, inputs: Sequence[str], name: str | None = None, **attributes: Any) -> str:
        """A node with one output, whose name is returned."""
        name = f"/{op_type.lower()}_{len(self.nodes)}" if name is None else name
        output = f"{name or op_type}_output_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op_type, inputs, [output], name=name, **attributes))
        return output

    def constant(self, array: np.ndarray, name: str = "constant") -> str:
        """An initializer."""
        name = f"{name}_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def _parameters(self, scale: float, zero_point: int, dtype: str) -> list[str]:
        return [
            self.constant(np.array(scale, np.float32), "scale"),
            self.constant(np.array(zero_point, dtype), "zero_point"),
        ]

    def quantize_only(self, value: str, scale: float, zero_point: int) -> str:
        """QuantizeLinear to the type of the activations."""
        return self.add_node("QuantizeLinear", [value, *self._parameters(scale, zero_point, self.activations)])

    def dequantize(self, value: str, scale: float, zero_point: int) -> str:
        """DequantizeLinear from the type of the activations."""
        return self.add_node("DequantizeLinear", [value, *self._parameters(scale, zero_point, self.activations)])

    def quantize(self, value: str, scale: float, zero_point: int) -> str:
        """A QuantizeLinear, DequantizeLinear pair."""
        return self.dequantize(self.quantize_only(value, scale, zero_point), scale, zero_point)

    def dequantized_constant(
        self, array: np.ndarray, scale: np.ndarray | float, zero_point: int = 0, axis: int = 0
    ) -> str:
        """An integer initializer behind DequantizeLinear. scale: one, or one along the axis."""
        scales = np.asarray(scale, np.float32)
        zero_points = np.full(scales.shape, zero_point, array.dtype)
        inputs = [self.constant(array, "weights"), self.constant(scales, "scale"), self.constant(zero_points, "zero")]
        return self.add_node("DequantizeLinear", inputs, **({"axis": axis} if scales.ndim else {}))

    def weights(
        self, shape: Sequence[int], per_channel: bool, dtype: str = "int8", axis: int = 0
    ) -> tuple[str, np.ndarray]:
        """(dequantized random weights, their scales). dtype: "int8", "uint8", or "wide" for uint8 that do not fit int8
        without their zero point."""
        scale = self.random.uniform(0.002, 0.02, shape[axis]) if per_channel else np.asarray(0.01)
        values = self.random.integers(-90, 91, shape)
        zero_point = 0
        if dtype == "uint8":
            zero_point = 120
            values = values + zero_point
        if dtype == "wide":
            dtype, zero_point, values = "uint8", 150, self.random.integers(0, 256, shape)
        return self.dequantized_constant(values.astype(dtype), scale, zero_point, axis), scale.astype(np.float32)

    def bias(self, channels: int, scales: np.ndarray, kind: str) -> list[str]:
        """The optional bias input. kind: "int32", "float" or "" for none."""
        unit = np.broadcast_to(np.float32(self.scale) * scales, (channels,))
        values = self.random.integers(-3000, 3000, channels)
        if kind == "":
            return []
        if kind == "float":
            return [self.constant((values * unit).astype(np.float32), "bias")]
        return [self.dequantized_constant(values.astype(np.int32), unit if scales.ndim else unit[0])]

    def _activated(self, value: str, activation: str) -> str:
        if activation == "Relu":
            return self.add_node("Relu", [value])
        if activation == "Clip":
            low = self.constant(np.array(0, np.float32), "low")
            return self.add_node("Clip", [value, low, self.constant(np.array(1.7, np.float32), "high")])
        return value

    def layer(self, value: str, terms: int, activation: str = "", zero_point: int = -11) -> None:
        """Quantizes a layer that sums `terms` products, so that most outputs lie within the range of the type."""
        scale = self.scale * 0.01 * 52 * 60 * math.sqrt(terms) / 50
        zero_point = self.in_range(zero_point)
        self.current = self.quantize(self._activated(value, activation), scale, zero_point)
        self.scale, self.zero_point = scale, zero_point

    def conv(
        self,
        channels: int,
        kernel: tuple[int, int] = (1, 1),
        group: int = 1,
        activation: str = "",
        per_channel: bool = True,
        weights: str = "int8",
        bias: str = "int32",
        **attributes: Any,
    ) -> None:
        """Conv; attributes are ONNX's (pads, strides, auto_pad, ...)."""
        shape = (channels, self.channels // group, *kernel)
        weight, scales = self.weights(shape, per_channel, weights)
        inputs = [self.current, weight, *self.bias(channels, scales, bias)]
        output = self.add_node("Conv", inputs, group=group, kernel_shape=kernel, **attributes)
        self.layer(output, math.prod(shape[1:]), activation)
        self.channels = channels

    def depthwise(self, multiplier: int = 1, kernel: tuple[int, int] = (3, 3), **options: Any) -> None:
        """A Conv with as many groups as channels."""
        self.conv(self.channels * multiplier, kernel, group=self.channels, **options)

    def gemm(
        self,
        inputs: int,
        outputs: int,
        transposed: bool = True,
        bias: str = "int32",
        per_channel: bool = True,
        activation: str = "",
    ) -> None:
        """Gemm of a row of `inputs` features."""
        shape, axis = ((outputs, inputs), 0) if transposed else ((inputs, outputs), 1)
        weight, scales = self.weights(shape, per_channel, axis=axis)
        operands = [self.current, weight, *self.bias(outputs, scales, bias)]
        self.layer(self.add_node("Gemm", operands, transB=int(transposed)), inputs, activation)

    def same_scale(self, op_type: str, *more: str, **attributes: Any) -> None:
        """An operator between DequantizeLinear and QuantizeLinear of one scale (MaxPool, Flatten, Pad, ...)."""
        value = self.add_node(op_type, [self.current, *more], **attributes)
        self.current = self.quantize(value, self.scale, self.zero_point)

    def rescaled(self, op_type: str, *more: str, factor: float = 0.5, **attributes: Any) -> None:
        """An operator whose output has another scale and zero point (pools, Softmax, ...)."""
        value = self.add_node(op_type, [self.current, *more], **attributes)
        self.scale, self.zero_point = self.scale * factor, self.in_range(-20)
        self.current = self.quantize(value, self.scale, self.zero_point)

    def integers(self, *values: int) -> str:
        """An int64 list as initializer: axes, shapes, paddings."""
        return self.constant(np.array(values, np.int64), "integers")

    def finish(self, output: str | None = None, kind: str = "float32", domains: Sequence[str] = ()) -> onnx.ModelProto:
        """The model. output: the value that it ends with, by default `current`. kind: its type."""
        output = self.current if output is None else output
        graph = helper.make_graph(
            self.nodes,
            "net",
            [self.input],
            [helper.make_tensor_value_info(output, _TYPES[kind], None)],
            self.initializers,
        )
        opsets = [helper.make_opsetid("", self.opset), *(helper.make_opsetid(d, 1) for d in domains)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8 if self.opset < 21 else 10)
        helper.set_model_props(model, self.metadata)
        return model

    def save(self, directory: Path, name: str = "net", **options: Any) -> Path:
        """`finish`, written to a file."""
        path = directory / f"{name}.onnx"
        path.write_bytes(self.finish(**options).SerializeToString())
        return path
