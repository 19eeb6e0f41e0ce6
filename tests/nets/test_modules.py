"""Nets as torch modules: shapes and counts, against the description and against torchvision's published counts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mcugen import nets
from mcugen.nets import NETS, Kind, architecture, build, named_layers
from mcugen.nets.costs import layer_macs, net_cost
from tests.support.needs import module

torch = module("torch")


def _convolutions(module: torch.nn.Module) -> int:
    return sum(part.weight.numel() for part in module.modules() if isinstance(part, (torch.nn.Conv2d, torch.nn.Linear)))


@pytest.mark.parametrize("name", NETS)
def test_weights_and_layers_are_those_of_the_description(name: str) -> None:
    size = (1, 1) if name == "fc_autoencoder" else (40, 64)
    net = architecture(name, alpha=0.35, size=size, in_chans=1, num_classes=5)
    module = build(net).eval()
    assert _convolutions(module) == net_cost(net).weights
    counted = {}

    def count(path: str, part: torch.nn.Module) -> None:
        def hook(_: torch.nn.Module, inputs: tuple, output: torch.Tensor) -> None:
            counted[path] = part.weight.numel() * output[0, 0].numel() if output.ndim == 4 else part.weight.numel()

        part.register_forward_hook(hook)

    for path, part in module.named_modules():
        if isinstance(part, (torch.nn.Conv2d, torch.nn.Linear)):
            count(path, part)
    last = net.blocks[-1].layers[-1]
    positions = () if net.is_classifier else (last.output_height, last.output_width)
    assert module(torch.zeros(2, 1, *size)).shape == (2, 5, *positions)
    dense = [layer_macs(layer) for layer in net.layers if layer.kind is Kind.DENSE]
    expected = {
        f"features.{layer_name}.conv": layer_macs(layer)
        for layer_name, layer in named_layers(net)
        if layer.kind in (Kind.CONV, Kind.DEPTHWISE, Kind.POINTWISE)
    }
    names = [f"hidden.{index}.dense" for index in range(len(dense) - 1)] + ["classifier"]
    assert counted == {**expected, **dict(zip(names, dense, strict=False))}


def test_counts_of_torchvision_and_timm() -> None:
    """torchvision's mobilenet_v2 has 3,504,872 parameters, its mobilenet_v3_small 2,542,856 and mobilenet_v3_large
    5,483,032, timm's mobilenetv1_100 4,231,976; batch norm included."""
    assert sum(p.numel() for p in nets.mobilenet_v2().parameters()) == 3_504_872
    assert sum(p.numel() for p in nets.mobilenet_v1().parameters()) == 4_231_976
    assert sum(p.numel() for p in nets.mobilenet_v3_small().parameters()) == 2_542_856
    assert sum(p.numel() for p in nets.mobilenet_v3_large().parameters()) == 5_483_032


def test_named_as_in_the_paper() -> None:
    module = nets.mobilenet_v1(alpha=0.25, rho=3 / 7)
    assert module.architecture.input_shape == (96, 96, 3)
    assert nets.mobilenet_v1_full(alpha=0.25, size=32).num_classes == 1000
    assert nets.mobilenet_v1_shallow(alpha=0.25, size=32, num_classes=3).classifier.out_features == 3


def test_a_residual_block_adds_its_input() -> None:
    module = nets.mobilenet_v2(alpha=0.35, size=32).eval()
    block = module.features.block3
    torch.nn.init.zeros_(block.pointwise_2.bn.weight)
    features = torch.rand(1, block.pointwise.conv.in_channels, 8, 8)
    assert torch.equal(block(features), features)


def test_squeeze_and_excite_scales_what_was_averaged() -> None:
    module = nets.mobilenet_v3_small(alpha=0.35, size=32).eval()
    block = module.features.block1
    features = torch.rand(1, block.depthwise.conv.in_channels, 8, 8)
    found = []
    block.scale.register_forward_hook(lambda part, inputs, output: found.append((*inputs, output)))
    block(features)
    ((map_, factors, scaled),) = found
    assert torch.equal(map_, block.depthwise(features))
    averages = map_.mean((2, 3), keepdim=True)
    assert torch.allclose(factors, block.excite(block.squeeze(averages)))
    assert torch.equal(scaled, map_ * factors)


def test_the_description_does_not_import_torch() -> None:
    code = "import sys, mcugen.nets.costs as c, mcugen.nets as n; c.net_cost(n.architecture('mobilenet_v2'))"
    subprocess.run([sys.executable, "-c", f"{code}; assert 'torch' not in sys.modules"], check=True)
