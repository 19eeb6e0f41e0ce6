"""Nets for microcontrollers: as data, as torch modules, and what they cost.

`architecture` describes a net without torch; `mobilenet_v1` and its like build torch modules, and import torch then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcugen.nets.architecture import NETS, architecture
from mcugen.nets.layers import Activation, Architecture, Block, Kind, Layer, named_layers

if TYPE_CHECKING:
    from mcugen.nets.modules import Net

__all__ = [
    "NETS",
    "Activation",
    "Architecture",
    "Block",
    "Kind",
    "Layer",
    "architecture",
    "build",
    "ds_cnn",
    "fc_autoencoder",
    "mobilenet_v1",
    "mobilenet_v1_full",
    "mobilenet_v1_shallow",
    "mobilenet_v2",
    "mobilenet_v3_large",
    "mobilenet_v3_small",
    "named_layers",
    "resnet8",
]


def build(net: Architecture) -> Net:
    """The net as a torch module with fresh weights; raises McugenError if torch is not installed."""
    from mcugen.extras import require

    require("torch", "torch", "building a net")
    from mcugen.nets.modules import Net

    return Net(net)


def mobilenet_v1(**options: Any) -> Net:
    """MobileNetV1 as a torch module: `mobilenet_v1(alpha=0.25, rho=3/7)`. Options are those of `architecture`."""
    return build(architecture("mobilenet_v1", **options))


def mobilenet_v1_shallow(**options: Any) -> Net:
    """MobileNetV1 without its five 512-channel blocks of stride 1. Options are those of `architecture`."""
    return build(architecture("mobilenet_v1_shallow", **options))


def mobilenet_v1_full(**options: Any) -> Net:
    """MobileNetV1 with full 3x3 convolutions instead of separable ones. Options are those of `architecture`."""
    return build(architecture("mobilenet_v1_full", **options))


def mobilenet_v2(**options: Any) -> Net:
    """MobileNetV2 as a torch module. Options are those of `architecture`."""
    return build(architecture("mobilenet_v2", **options))


def mobilenet_v3_small(**options: Any) -> Net:
    """MobileNetV3-Small as a torch module. Options are those of `architecture`."""
    return build(architecture("mobilenet_v3_small", **options))


def mobilenet_v3_large(**options: Any) -> Net:
    """MobileNetV3-Large as a torch module. Options are those of `architecture`."""
    return build(architecture("mobilenet_v3_large", **options))


def ds_cnn(**options: Any) -> Net:
    """MLPerf Tiny's DS-CNN as a torch module. Options are those of `architecture`."""
    return build(architecture("ds_cnn", **options))


def resnet8(**options: Any) -> Net:
    """MLPerf Tiny's ResNet8 as a torch module. Options are those of `architecture`."""
    return build(architecture("resnet8", **options))


def fc_autoencoder(**options: Any) -> Net:
    """MLPerf Tiny's dense autoencoder as a torch module, of vectors as images of one pixel: float [N, C, 1, 1]. Options
    are those of `architecture`."""
    return build(architecture("fc_autoencoder", **options))
