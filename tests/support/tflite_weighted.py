"""The layers of `tflite_builder.NetworkBuilder` that have weights, and what layers with windows share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tflite

from tests.support.tflite_network import Map, NetworkFile


class WeightedLayers(NetworkFile):
    """Random weights with one scale or one a channel; biases are random unless given."""

    def _weights(self, shape: tuple[int, ...], channels: int, per_channel: bool, axis: int) -> tuple[int, np.ndarray]:
        if self.unsigned:
            values, zero_point = self.random.integers(0, 256, shape), int(self.random.integers(0, 256))
            scale = np.array([self.random.uniform(0.002, 0.01)], np.float32)
            return self.file.constant("weights", values, "uint8", scale=scale, zero_point=zero_point), scale
        values = self.random.integers(-127, 128, shape)
        scales = self.random.uniform(0.002, 0.01, channels if per_channel else 1).astype(np.float32)
        index = self.file.constant("weights", values, "int8", scale=scales, quantized_dimension=axis)
        return index, scales

    def _bias(
        self, source: Map, scales: np.ndarray, channels: int, bias: bool, biases: Sequence[int] | None = None
    ) -> int:
        if not bias:
            return -1
        values = self.random.integers(-(1 << 12), 1 << 12, channels) if biases is None else np.resize(biases, channels)
        bias_scales = [source.scale * float(scale) for scale in scales]
        return self.file.constant("bias", values, "int32", scale=bias_scales)

    def _spread(self, source: Map, scales: np.ndarray, fan_in: int) -> float:
        """An output scale under which uniformly random inputs and weights give about +-60."""
        return float(source.scale * np.mean(scales) * 74 * 74 * math.sqrt(fan_in) / 60)

    def convolution(
        self,
        channels: int,
        kernel: tuple[int, int] = (3, 3),
        stride: tuple[int, int] = (1, 1),
        padding: str = "SAME",
        activation: str = "NONE",
        per_channel: bool = True,
        bias: bool = True,
        biases: Sequence[int] | None = None,
        dilation: tuple[int, int] = (1, 1),
        groups: int = 1,
        source: Map | None = None,
        **output: Any,
    ) -> Map:
        """CONV_2D. output: scale and zero_point of the output map where they matter."""
        source = source or self.current
        fan_in = kernel[0] * kernel[1] * source.shape[3]
        weights, scales = self._weights((channels, *kernel, source.shape[3] // groups), channels, per_channel, 0)
        bias_index = self._bias(source, scales, channels, bias, biases)
        reach = ((kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1)
        shape = (source.shape[0], *window_output(source.shape[1:3], reach, stride, padding), channels)
        output.setdefault("scale", self._spread(source, scales, fan_in))
        return self.append(
            "CONV_2D",
            [source.index, weights, bias_index],
            self.map("conv", shape, **output),
            "Conv2DOptions",
            **window_fields(stride, padding, activation),
            DilationHFactor=dilation[0],
            DilationWFactor=dilation[1],
        )

    def transposed(
        self,
        channels: int,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        padding: str,
        extra: tuple[int, int] = (0, 0),
        per_channel: bool = True,
        bias: bool = True,
        activation: str = "NONE",
    ) -> Map:
        """TRANSPOSE_CONV. extra: by how many rows and columns the output is larger than it need be."""
        source = self.current
        sizes = [
            size * step if padding == "SAME" else (size - 1) * step + taps
            for size, step, taps in zip(source.shape[1:3], stride, kernel, strict=True)
        ]
        shape = (1, sizes[0] + extra[0], sizes[1] + extra[1], channels)
        weights, scales = self._weights((channels, *kernel, source.shape[3]), channels, per_channel, 0)
        inputs = [self.file.constant("shape", list(shape)), weights, source.index]
        inputs += [self._bias(source, scales, channels, bias)] if bias else []
        fan_in = source.shape[3] * -(-kernel[0] // stride[0]) * -(-kernel[1] // stride[1])
        output = self.map("transposed", shape, self._spread(source, scales, fan_in))
        fields = window_fields(stride, padding, activation)
        return self.append("TRANSPOSE_CONV", inputs, output, "TransposeConvOptions", **fields)

    def depthwise(
        self,
        multiplier: int = 1,
        kernel: tuple[int, int] = (3, 3),
        stride: tuple[int, int] = (1, 1),
        padding: str = "SAME",
        activation: str = "NONE",
        per_channel: bool = True,
        bias: bool = True,
        biases: Sequence[int] | None = None,
        source: Map | None = None,
        option: int | None = None,
        **output: Any,
    ) -> Map:
        """DEPTHWISE_CONV_2D. option: the file's depth multiplier where it contradicts the weights."""
        source = source or self.current
        channels = source.shape[3] * multiplier
        weights, scales = self._weights((1, *kernel, channels), channels, per_channel, 3)
        bias_index = self._bias(source, scales, channels, bias, biases)
        shape = (source.shape[0], *window_output(source.shape[1:3], kernel, stride, padding), channels)
        output.setdefault("scale", self._spread(source, scales, kernel[0] * kernel[1]))
        return self.append(
            "DEPTHWISE_CONV_2D",
            [source.index, weights, bias_index],
            self.map("depthwise", shape, **output),
            "DepthwiseConv2DOptions",
            **window_fields(stride, padding, activation),
            DepthMultiplier=multiplier if option is None else option,
            DilationHFactor=1,
            DilationWFactor=1,
        )

    def fully_connected(
        self,
        units: int,
        activation: str = "NONE",
        per_channel: bool = False,
        bias: bool = True,
        biases: Sequence[int] | None = None,
        keep_dims: bool = False,
        source: Map | None = None,
        **output: Any,
    ) -> Map:
        """FULLY_CONNECTED over the flattened map, or over the last dimension with keep_dims."""
        source = source or self.current
        depth = source.shape[-1] if keep_dims else source.size
        weights, scales = self._weights((units, depth), units, per_channel, 0)
        bias_index = self._bias(source, scales, units, bias, biases)
        shape = (*source.shape[:-1], units) if keep_dims else (1, units)
        output.setdefault("scale", self._spread(source, scales, depth))
        return self.append(
            "FULLY_CONNECTED",
            [source.index, weights, bias_index],
            self.map("dense", shape, **output),
            "FullyConnectedOptions",
            FusedActivationFunction=activation_code(activation),
            KeepNumDims=keep_dims,
        )


def window_output(size: Sequence[int], kernel: Sequence[int], stride: Sequence[int], padding: str) -> tuple[int, int]:
    """(height, width) of a window's output as TensorFlow defines it."""
    if padding == "SAME":
        return (-(-size[0] // stride[0]), -(-size[1] // stride[1]))
    return ((size[0] - kernel[0]) // stride[0] + 1, (size[1] - kernel[1]) // stride[1] + 1)


def activation_code(name: str) -> int:
    return int(getattr(tflite.ActivationFunctionType, name))


def window_fields(stride: tuple[int, int], padding: str, activation: str) -> dict[str, int]:
    return {
        "Padding": getattr(tflite.Padding, padding),
        "StrideH": stride[0],
        "StrideW": stride[1],
        "FusedActivationFunction": activation_code(activation),
    }
