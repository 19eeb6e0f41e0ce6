"""A net before any training, as the graph that a front end would read: what it costs hardly depends on its weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcugen.fixedpoint import Requantization, Rounding, add_single_rounding, quantize_multipliers
from mcugen.ir import (
    Add,
    AveragePool2D,
    Border,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Graph,
    Lookup,
    Operator,
    Tensor,
    Window,
    verify,
)
from mcugen.ir.operators.mul import Mul
from mcugen.nets.layers import Activation, Architecture, Block, Kind, Layer

_IMAGE_SCALE = 1 / 255
# ReLU6 over all of uint8; a linear bottleneck and logits as they commonly come out; from 0 to 1.
_RELU6_SCALE = 6 / 255
_LINEAR_SCALE = 8 / 255
_LOGIT_SCALE = 0.1
_UNIT_SCALE = 1 / 255
_CLAMPS = (Activation.RELU, Activation.RELU6)
# The least value of a hard swish is -3/8, at -3/2.
_SWISH_ZERO_POINT = -112


def untrained_graph(net: Architecture, seed: int = 0) -> Graph:
    """The net with random weights (normal, variance 2 / fan-in, He et al. 2015) in int8 per channel.

    ReLU and ReLU6 are clamps, hard functions tables. Nothing in it is dead or constant: a trained net of this
    architecture costs about as much, or less.
    """
    builder = _Builder(net, seed)
    for block in net.blocks:
        builder.block(block)
    return builder.graph()


class _Builder:
    def __init__(self, net: Architecture, seed: int) -> None:
        self.net = net
        self.random = np.random.default_rng(seed)
        self.last = Tensor("image", net.input_shape, "int8", _IMAGE_SCALE, -128)
        self.tensors = {self.last.name: self.last}
        self.operators: list[Operator] = []

    def block(self, block: Block) -> None:
        """All layers of a block, and the sum where it is residual."""
        source = averaged = self.last
        for layer in block.layers:
            if layer.kind is Kind.POOL:
                averaged = self.last
            if layer.kind is Kind.SCALE:
                self.multiply(f"{block.name}.{layer.name}", averaged)
            else:
                self.append(f"{block.name}.{layer.name}", layer)
        if block.residual:
            result = self.last
            if block.shortcut is not None:
                self.last = source
                self.append(f"{block.name}.{block.shortcut.name}", block.shortcut)
                source = self.last
            self.add(f"{block.name}.add", source, result, block.activation)

    def append(self, name: str, layer: Layer) -> None:
        """A pooling or weighted layer, and what follows it."""
        source = self.last
        if layer.kind is Kind.POOL:
            output = self._output(name, (1, 1, layer.outputs), source.scale, source.zero_point)
            ratio = np.array([1 / (layer.height * layer.width)])
            window = Window(kernel=(layer.height, layer.width))
            scaling = self._requantization(ratio, output)
            self._emit(AveragePool2D(**self._names(name, output), window=window, requantization=scaling), output)
            return
        height, width = layer.kernel
        fan_in = height * width * (1 if layer.kind is Kind.DEPTHWISE else layer.inputs)
        real = self.random.normal(0, np.sqrt(2 / fan_in), (layer.outputs, fan_in))
        # A filter without a positive weight would never let anything through ReLU.
        real[real.max(axis=1) <= 0] *= -1
        scales = np.abs(real).max(axis=1) / 127
        weights = np.rint(real / scales[:, None]).astype(np.int8)
        if layer.activation in _CLAMPS:
            scale, zero_point = _RELU6_SCALE, -128
        else:
            is_logit = layer.kind is Kind.DENSE and layer.activation is Activation.NONE
            scale, zero_point = (_LOGIT_SCALE if is_logit else _LINEAR_SCALE), 0
        output = self._output(name, (layer.output_height, layer.output_width, layer.outputs), scale, zero_point)
        bias = np.rint(self.random.normal(0, 0.1, layer.outputs) / (scales * source.scale)).astype(np.int32)
        scaling = self._requantization(source.scale * scales / scale, output)
        self._emit(self._layer(name, layer, weights, bias, scaling, output), output)
        if layer.activation in (Activation.HARD_SWISH, Activation.HARD_SIGMOID):
            self._tabulate(f"{name}.act", layer.activation)

    def _layer(
        self,
        name: str,
        layer: Layer,
        weights: np.ndarray,
        bias: np.ndarray,
        scaling: Requantization,
        output: Tensor,
    ) -> Operator:
        names = self._names(name, output)
        if layer.kind is Kind.DENSE:
            return FullyConnected(**names, weights=weights, bias=bias, requantization=scaling)
        height, width = layer.padding
        sides = (height, height, width, width)
        window = Window(kernel=layer.kernel, stride=(layer.stride, layer.stride), padding=sides)
        if layer.kind is Kind.DEPTHWISE:
            filters = np.ascontiguousarray(weights.reshape(-1, *layer.kernel).transpose(1, 2, 0))
            return DepthwiseConv2D(**names, weights=filters, bias=bias, window=window, requantization=scaling)
        filters = weights.reshape(-1, *layer.kernel, layer.inputs)
        return Conv2D(**names, weights=filters, bias=bias, window=window, requantization=scaling)

    def _tabulate(self, name: str, activation: Activation) -> None:
        """A hard swish or a hard sigmoid."""
        real = (np.arange(-128, 128) - self.last.zero_point) * self.last.scale
        gate = np.clip(real / 6 + 0.5, 0, 1)
        if activation is Activation.HARD_SWISH:
            values, scale, zero_point = real * gate, _LINEAR_SCALE, _SWISH_ZERO_POINT
        else:
            values, scale, zero_point = gate, _UNIT_SCALE, -128
        output = self._output(name, self.last.shape, scale, zero_point)
        table = np.clip(np.rint(values / scale) + zero_point, output.qmin, output.qmax).astype(np.int64)
        self._emit(Lookup(**self._names(name, output), table=table), output)

    def multiply(self, name: str, features: Tensor) -> None:
        """A map times a factor for each channel."""
        output = self._output(name, features.shape, features.scale, features.zero_point)
        scaling = self._requantization(np.array([features.scale * self.last.scale / output.scale]), output)
        inputs = (features.name, self.last.name)
        self._emit(Mul(name=name, inputs=inputs, output=output.name, requantization=scaling), output)

    def add(self, name: str, source: Tensor, result: Tensor, activation: Activation) -> None:
        """The block's input, or what its shortcut made of it, added to its output."""
        clamped = activation in _CLAMPS
        output = self._output(name, result.shape, *((_RELU6_SCALE, -128) if clamped else (_LINEAR_SCALE, 0)))
        parts = (source, result, output)
        scales = (parts[0].scale, parts[1].scale, parts[2].scale)
        zero_points = (parts[0].zero_point, parts[1].zero_point, parts[2].zero_point)
        arithmetic = add_single_rounding(scales, zero_points, output.qmin, output.qmax)
        inputs = (source.name, result.name)
        self._emit(Add(name=name, inputs=inputs, output=output.name, arithmetic=arithmetic), output)

    def graph(self) -> Graph:
        """All of it, verified."""
        image, logits = self.tensors["image"], self.last
        graph = Graph(
            name=self.net.name,
            tensors=self.tensors,
            operators=tuple(self.operators),
            input=image.name,
            output=logits.name,
            input_border=Border("int8", image.scale, image.zero_point, "half_even", "NHWC", (1, *image.shape)),
            output_border=Border("int8", logits.scale, logits.zero_point, "half_even", "NHWC", (1, *logits.shape)),
        )
        verify(graph)
        return graph

    def _names(self, name: str, output: Tensor) -> dict[str, Any]:
        return {"name": name, "inputs": (self.last.name,), "output": output.name}

    def _output(self, name: str, shape: tuple[int, int, int], scale: float, zero_point: int) -> Tensor:
        return Tensor(name, shape, "int8", scale, zero_point)

    @staticmethod
    def _requantization(ratios: np.ndarray, output: Tensor) -> Requantization:
        multiplier, shift = quantize_multipliers(ratios)
        # A zero point of -128 is that of ReLU6: its clamp is the type's own.
        return Requantization(multiplier, shift, Rounding.SINGLE, output.zero_point, output.qmin, output.qmax)

    def _emit(self, op: Operator, output: Tensor) -> None:
        self.operators.append(op)
        self.tensors[output.name] = output
        self.last = output
