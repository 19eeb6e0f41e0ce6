"""MobileNets: as data, as torch modules, and what they cost.

`architecture` describes a net without torch; `mobilenet_v1` and its like build torch modules, and import torch then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcugen.nets.architecture import NETS, Architecture, Block, Kind, Layer, architecture, named_layers

if TYPE_CHECKING:
    from mcugen.nets.modules import MobileNet

__all__ = [
    "NETS",
    "Architecture",
    "Block",
    "Kind",
    "Layer",
    "architecture",
    "build",
    "mobilenet_v1",
    "mobilenet_v1_full",
    "mobilenet_v1_shallow",
    "mobilenet_v2",
    "named_layers",
]


def build(net: Architecture) -> MobileNet:
    """The net as a torch module with fresh weights; raises McugenError if torch is not installed."""
    from mcugen.extras import require

    require("torch", "torch", "building a net")
    from mcugen.nets.modules import MobileNet

    return MobileNet(net)


def mobilenet_v1(**options: Any) -> MobileNet:
    """MobileNetV1 as a torch module: `mobilenet_v1(alpha=0.25, rho=3/7)`. Options are those of `architecture`."""
    return build(architecture("mobilenet_v1", **options))


def mobilenet_v1_shallow(**options: Any) -> MobileNet:
    """MobileNetV1 without its five 512-channel blocks of stride 1. Options are those of `architecture`."""
    return build(architecture("mobilenet_v1_shallow", **options))


def mobilenet_v1_full(**options: Any) -> MobileNet:
    """MobileNetV1 with full 3x3 convolutions instead of separable ones. Options are those of `architecture`."""
    return build(architecture("mobilenet_v1_full", **options))


def mobilenet_v2(**options: Any) -> MobileNet:
    """MobileNetV2 as a torch module. Options are those of `architecture`."""
    return build(architecture("mobilenet_v2", **options))
