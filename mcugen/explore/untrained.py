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
    Operator,
    Tensor,
    Window,
    verify,
)
from mcugen.nets.architecture import Architecture, Kind, Layer

_IMAGE_SCALE = 1 / 255
# ReLU6 over all of uint8; a linear bottleneck and logits as they commonly come out.
_RELU6_SCALE = 6 / 255
_LINEAR_SCALE = 8 / 255
_LOGIT_SCALE = 0.1


def untrained_graph(net: Architecture, seed: int = 0) -> Graph:
    """The net with random weights (normal, variance 2 / fan-in, He et al. 2015) in int8 per channel, ReLU6 as clamps.

    Nothing in it is dead or constant: a trained net of this architecture costs about as much, or less.
    """
    builder = _Builder(net, seed)
    for block in net.blocks:
        source = builder.last
        for layer in block.layers:
            builder.append(f"{block.name}.{layer.name}", layer)
        if block.residual:
            builder.add(f"{block.name}.add", source)
    return builder.graph()


class _Builder:
    def __init__(self, net: Architecture, seed: int) -> None:
        self.net = net
        self.random = np.random.default_rng(seed)
        self.last = Tensor("image", net.input_shape, "int8", _IMAGE_SCALE, -128)
        self.tensors = {self.last.name: self.last}
        self.operators: list[Operator] = []

    def append(self, name: str, layer: Layer) -> None:
        source = self.last
        if layer.kind is Kind.POOL:
            output = self._output(name, (1, 1, layer.outputs), source.scale, source.zero_point)
            ratio = np.array([1 / (layer.height * layer.width)])
            window = Window(kernel=(layer.height, layer.width))
            scaling = self._requantization(ratio, output)
            self._emit(AveragePool2D(**self._names(name, output), window=window, requantization=scaling), output)
            return
        fan_in = layer.kernel**2 * (1 if layer.kind is Kind.DEPTHWISE else layer.inputs)
        real = self.random.normal(0, np.sqrt(2 / fan_in), (layer.outputs, fan_in))
        # A filter without a positive weight would never let anything through ReLU.
        real[real.max(axis=1) <= 0] *= -1
        scales = np.abs(real).max(axis=1) / 127
        weights = np.rint(real / scales[:, None]).astype(np.int8)
        if layer.activation:
            scale, zero_point = _RELU6_SCALE, -128
        else:
            scale, zero_point = (_LOGIT_SCALE if layer.kind is Kind.DENSE else _LINEAR_SCALE), 0
        output = self._output(name, (layer.output_height, layer.output_width, layer.outputs), scale, zero_point)
        bias = np.rint(self.random.normal(0, 0.1, layer.outputs) / (scales * source.scale)).astype(np.int32)
        scaling = self._requantization(source.scale * scales / scale, output)
        self._emit(self._layer(name, layer, weights, bias, scaling, output), output)

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
        side = layer.kernel
        if layer.kind is Kind.DENSE:
            return FullyConnected(**names, weights=weights, bias=bias, requantization=scaling)
        window = Window(kernel=(side, side), stride=(layer.stride, layer.stride), padding=(side // 2,) * 4)
        if layer.kind is Kind.DEPTHWISE:
            filters = np.ascontiguousarray(weights.reshape(-1, side, side).transpose(1, 2, 0))
            return DepthwiseConv2D(**names, weights=filters, bias=bias, window=window, requantization=scaling)
        filters = weights.reshape(-1, side, side, layer.inputs)
        return Conv2D(**names, weights=filters, bias=bias, window=window, requantization=scaling)

    def add(self, name: str, source: Tensor) -> None:
        """The block's input added to its output."""
        output = self._output(name, self.last.shape, _LINEAR_SCALE, 0)
        parts = (source, self.last, output)
        scales = (parts[0].scale, parts[1].scale, parts[2].scale)
        zero_points = (parts[0].zero_point, parts[1].zero_point, parts[2].zero_point)
        arithmetic = add_single_rounding(scales, zero_points, output.qmin, output.qmax)
        inputs = (source.name, self.last.name)
        self._emit(Add(name=name, inputs=inputs, output=output.name, arithmetic=arithmetic), output)

    def graph(self) -> Graph:
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
