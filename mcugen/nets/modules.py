"""An architecture as a torch module. Importing this file imports torch."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from mcugen.nets.architecture import Architecture, Block, Kind, Layer


class Residual(nn.Sequential):
    """Layers in sequence, with the input added to what comes out."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """float [N, C, H, W] to the same."""
        return features + super().forward(features)


class MobileNet(nn.Module):
    """A MobileNet: float [N, C, H, W], pixel / 255, to logits float [N, num_classes].

    architecture: what it was made from. features: convolutions, by block and layer, each with `conv`, `bn` and where
    there is one `act`. pool: the average over the map. classifier: the fully connected layer.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.num_classes = architecture.num_classes
        *blocks, head = architecture.blocks
        self.features = nn.Sequential(OrderedDict((block.name, _block(block)) for block in blocks))
        self.pool = nn.AdaptiveAvgPool2d(1)
        dense = head.layers[-1]
        self.classifier = nn.Linear(dense.inputs, dense.outputs)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Convolutions drawn by He et al. (arXiv 1502.01852), over outputs, for depthwise ones over inputs."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out" if module.groups == 1 else "fan_in")

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """float [N, C, H, W] to logits float [N, num_classes]."""
        return self.classifier(torch.flatten(self.pool(self.features(images)), 1))


def _block(block: Block) -> nn.Sequential:
    container = Residual if block.residual else nn.Sequential
    return container(OrderedDict((layer.name, _convolution(layer)) for layer in block.layers))


def _convolution(layer: Layer) -> nn.Sequential:
    conv = nn.Conv2d(
        layer.inputs,
        layer.outputs,
        layer.kernel,
        layer.stride,
        padding=layer.kernel // 2,
        groups=layer.inputs if layer.kind is Kind.DEPTHWISE else 1,
        bias=False,
    )
    parts: list[tuple[str, nn.Module]] = [("conv", conv), ("bn", nn.BatchNorm2d(layer.outputs))]
    if layer.activation:
        parts.append(("act", nn.ReLU6()))
    return nn.Sequential(OrderedDict(parts))
