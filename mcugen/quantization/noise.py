"""How much of every layer's signal quantization leaves: which layer is to blame for a lost point of accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import fx
from torch.export import ExportedProgram
from torchao.quantization.pt2e import FakeQuantizeBase, ObserverBase

from mcugen.accuracy.measures import decibels
from mcugen.frontend.torch.program import module_of
from mcugen.quantization.quantizer import KEEPING, kind_of

_PER_CHANNEL = (torch.per_channel_symmetric, torch.per_channel_affine)
_QUANTIZE = torch.ops.quantized_decomposed.quantize_per_tensor.default


@dataclass(frozen=True)
class LayerNoise:
    """layer: path of the module that ends it. operator: torch's.

    snr: 10 log10(sum x^2 / sum (x - y)^2) in dB, x being the float net's values behind the layer and y the int8 net's,
    both from the same images; infinite where they are equal.
    """

    layer: str
    operator: str
    snr: float


def float_values(prepared: fx.GraphModule, images: torch.Tensor, batched: bool) -> list[torch.Tensor]:
    """What every activation is without quantization, in the order of the graph.

    images: [N, C, H, W]. batched: whether the graph takes them all at once, or only one at a time.
    """
    parts = []
    with torch.no_grad():
        for part in [images] if batched else images.split(1):
            recorder = _FloatRecorder(prepared)
            recorder.run(part)
            parts.append(recorder.values)
    return [torch.cat(values) for values in zip(*parts, strict=True)]


def layer_noise(program: ExportedProgram, images: torch.Tensor, expected: list[torch.Tensor]) -> tuple[LayerNoise, ...]:
    """The noise of every layer, by torch's own run of the program. expected: `float_values` of the same images.

    Operators that only move values are left out. Empty where the program's activations are not those of `expected`.
    """
    module = program.module()
    sums: dict[fx.Node, list[float]] = {}
    for index in range(len(images)):
        recorder = _IntegerRecorder(module)
        with torch.no_grad():
            recorder.run(images[index : index + 1])
        if len(recorder.values) != len(expected):
            return ()
        for (node, found), real in zip(recorder.values, expected, strict=True):
            wanted = real[index : index + 1]
            total = sums.setdefault(node, [0.0, 0.0])
            total[0] += float(wanted.double().square().sum())
            total[1] += float((wanted.double() - found.double()).square().sum())
    return tuple(
        LayerNoise(module_of(node), kind_of(node) or "input", decibels(*power))
        for node, power in sums.items()
        if kind_of(node) not in KEEPING
    )


class _FloatRecorder(fx.Interpreter):
    """Runs a prepared graph as if it had no observers, and keeps what those of activations would have seen."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.values: list[torch.Tensor] = []

    def call_module(self, target: Any, args: Any, kwargs: Any) -> Any:
        """Lets values through where an observer or a fake quantization stands."""
        observer = self.fetch_attr(target)
        if not isinstance(observer, ObserverBase | FakeQuantizeBase):
            return super().call_module(target, args, kwargs)
        if getattr(observer, "qscheme", None) not in _PER_CHANNEL:
            self.values.append(args[0].detach())
        return args[0]


class _IntegerRecorder(fx.Interpreter):
    """Runs a converted graph and keeps the real value of every quantized activation, with what computed it."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.values: list[tuple[fx.Node, torch.Tensor]] = []

    def run_node(self, n: fx.Node) -> Any:
        """Runs the node; keeps what a quantization gives."""
        result = super().run_node(n)
        if n.target is _QUANTIZE:
            scale, zero_point = n.args[1], n.args[2]
            self.values.append((n.args[0], (result.float() - zero_point) * scale))
        return result
