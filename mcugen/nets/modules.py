"""An architecture as a torch module. Importing this file imports torch."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from mcugen.nets.layers import Activation, Architecture, Block, Kind, Layer

_ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    Activation.RELU: nn.ReLU,
    Activation.RELU6: nn.ReLU6,
    Activation.HARD_SWISH: nn.Hardswish,
    Activation.HARD_SIGMOID: nn.Hardsigmoid,
}


class Scale(nn.Module):
    """A map float [N, C, H, W], each channel times its factor, float [N, C, 1, 1]."""

    def forward(self, features: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
        """The map, scaled."""
        return features * factors


class LayerBlock(nn.Module):
    """The layers of a block in sequence, each under its name; the input is added where the block is residual."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.block = block
        for layer in block.all_layers:
            self.add_module(layer.name, _layer(layer))
        if block.activation is not Activation.NONE:
            self.add_module("act", _ACTIVATIONS[block.activation]())

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """float [N, C, H, W] to float [N, C, H, W]."""
        features = averaged = image
        for layer in self.block.layers:
            part = self.get_submodule(layer.name)
            if layer.kind is Kind.POOL:
                averaged = features
            features = part(averaged, features) if layer.kind is Kind.SCALE else part(features)
        if self.block.residual:
            added = image if self.block.shortcut is None else self.get_submodule(self.block.shortcut.name)(image)
            features = added + features
        return features if self.block.activation is Activation.NONE else self.get_submodule("act")(features)


class Net(nn.Module):
    """A net: float [N, C, H, W], pixel / 255, to logits float [N, num_classes], or [N, num_classes, H, W] of a map.

    architecture: what it was made from. features: by block and layer, convolutions with `conv`, `bn` and where there is
    one `act`. Of a classifier besides pool: the average over the map. hidden: fully connected layers before the last.
    classifier: that one.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.num_classes = architecture.num_classes
        blocks = architecture.blocks[:-1] if architecture.is_classifier else architecture.blocks
        self.features = nn.Sequential(OrderedDict((block.name, LayerBlock(block)) for block in blocks))
        if architecture.is_classifier:
            _, *hidden, last = architecture.blocks[-1].layers
            self.pool = nn.AdaptiveAvgPool2d(1)
            self.hidden = nn.Sequential(*(_dense(layer) for layer in hidden))
            self.classifier = nn.Linear(last.inputs, last.outputs)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Convolutions drawn by He et al. (arXiv 1502.01852), over outputs, for depthwise ones over inputs."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out" if module.groups == 1 else "fan_in")

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """float [N, C, H, W] to logits."""
        features = self.features(images)
        if not self.architecture.is_classifier:
            return features
        return self.classifier(self.hidden(torch.flatten(self.pool(features), 1)))


def _layer(layer: Layer) -> nn.Module:
    if layer.kind is Kind.POOL:
        return nn.AdaptiveAvgPool2d(1)
    return Scale() if layer.kind is Kind.SCALE else _convolution(layer)


def _convolution(layer: Layer) -> nn.Sequential:
    conv = nn.Conv2d(
        layer.inputs,
        layer.outputs,
        layer.kernel,
        layer.stride,
        padding=layer.padding,
        groups=layer.inputs if layer.kind is Kind.DEPTHWISE else 1,
        bias=not layer.normalized,
    )
    parts: list[tuple[str, nn.Module]] = [("conv", conv)]
    if layer.normalized:
        parts.append(("bn", nn.BatchNorm2d(layer.outputs)))
    if layer.activation is not Activation.NONE:
        parts.append(("act", _ACTIVATIONS[layer.activation]()))
    return nn.Sequential(OrderedDict(parts))


def _dense(layer: Layer) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict([("dense", nn.Linear(layer.inputs, layer.outputs)), ("act", _ACTIVATIONS[layer.activation]())])
    )
