"""Parameters and multiply-accumulates of nets, by the formulas of the MobileNet paper (arXiv 1704.04861, section 3).

With D_K the side of the kernel, M input and N output channels, and D_F x D_F the size of the *output* map:

    standard convolution    D_K * D_K * M * N * D_F * D_F        equation 2
    depthwise convolution   D_K * D_K * M * D_F * D_F            equation 4
    pointwise convolution   M * N * D_F * D_F                    equation 5
    separable / standard    1 / N + 1 / D_K^2                    section 3.1

alpha multiplies M and N, rho multiplies D_F (equations 6 and 7). The paper counts weights only; the compiler stores a
bias with every output channel besides, into which batch norm is folded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mcugen.nets.layers import Architecture, Kind, Layer, named_layers

WITHOUT_WEIGHTS = (Kind.POOL, Kind.SCALE)
"""Kinds of layers that have none, and no multiply-accumulates by the formulas."""


@dataclass(frozen=True)
class LayerCost:
    """name: "block.layer". macs: multiply-accumulates of one image. weights: as the paper counts parameters.

    biases: one for each output channel, batch norm folded.
    """

    name: str
    layer: Layer
    macs: int
    weights: int
    biases: int

    @property
    def parameters(self) -> int:
        """Weights and biases, what the compiler stores."""
        return self.weights + self.biases


@dataclass(frozen=True)
class NetCost:
    """Costs of a net's layers, in order, those that only average or scale included."""

    layers: tuple[LayerCost, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one image."""
        return sum(cost.macs for cost in self.layers)

    @property
    def weights(self) -> int:
        """Parameters as the paper counts them."""
        return sum(cost.weights for cost in self.layers)

    @property
    def parameters(self) -> int:
        """Weights and biases, what the compiler stores."""
        return sum(cost.parameters for cost in self.layers)

    def share(self, kinds: Iterable[Kind]) -> tuple[float, float]:
        """Parts, from 0 to 1, of multiply-accumulates and weights in layers of these kinds: the paper's table 2."""
        chosen = set(kinds)
        of_kind = [cost for cost in self.layers if cost.layer.kind in chosen]
        return sum(cost.macs for cost in of_kind) / self.macs, sum(cost.weights for cost in of_kind) / self.weights


def net_cost(net: Architecture) -> NetCost:
    """Costs of every layer."""
    return NetCost(tuple(_layer_cost(name, layer) for name, layer in named_layers(net)))


def layer_weights(layer: Layer) -> int:
    """Weights of a layer, without biases and batch norm."""
    if layer.kind in WITHOUT_WEIGHTS:
        return 0
    inputs = 1 if layer.kind is Kind.DEPTHWISE else layer.inputs
    return layer.kernel[0] * layer.kernel[1] * inputs * layer.outputs


def layer_macs(layer: Layer) -> int:
    """Multiply-accumulates of a layer for one image; taps on the padding count, as in the paper."""
    return layer_weights(layer) * layer.output_height * layer.output_width


def separable_ratio(outputs: int, kernel: int) -> float:
    """Cost of a depthwise-separable convolution over that of the standard one, 1 / N + 1 / D_K^2."""
    return 1 / outputs + 1 / kernel**2


def _layer_cost(name: str, layer: Layer) -> LayerCost:
    weights = layer_weights(layer)
    return LayerCost(name, layer, layer_macs(layer), weights, layer.outputs if weights else 0)
