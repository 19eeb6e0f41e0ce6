"""Cross-layer equalization: the weights of neighbouring layers scaled so that no channel's range collapses.

Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (arXiv 1906.04721), section 4.1:
ReLU(s x) = s ReLU(x) for s > 0, so channel i of a layer may be divided by s_i and the next layer's weights for it
multiplied by s_i. With s_i = sqrt(r1_i * r2_i) / r2_i, r being the largest weight of channel i on either side, both
sides have the same range. ReLU6 is not linear in s; as in the paper it becomes ReLU, in layers that are equalized.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator

import torch
from torch import fx

from mcugen.quantization.quantizer import kind_of

_ROUNDS = 20
_RELUS = ("relu", "relu6", "hardtanh")
_SMALLEST = 1e-8


def equalize_layers(model: fx.GraphModule) -> int:
    """Equalizes all chains of convolutions, batch norm folded, in place; returns the number of pairs.

    A pair is a convolution and the one that alone reads it, with at most a ReLU or ReLU6 between.
    """
    pairs = [(first, relu, second) for first, relu, second in _pairs(model)]
    for _, relu, _ in pairs:
        if relu is not None:
            _make_relu(model, relu)
    # A scale on one side of a layer changes the range on its other side: repeated until it settles.
    for _ in range(_ROUNDS):
        for first, _, second in pairs:
            _equalize(model, first, second)
    model.recompile()
    return len(pairs)


def _pairs(model: fx.GraphModule) -> Iterator[tuple[fx.Node, fx.Node | None, fx.Node]]:
    used = Counter(node.target for node in model.graph.nodes if node.op == "get_attr" for _ in node.users)
    for first in model.graph.nodes:
        if kind_of(first) != "conv2d" or used[first.args[1].target] > 1:
            continue
        reader, relu = _only_reader(first), None
        if reader is not None and kind_of(reader) in _RELUS:
            relu, reader = reader, _only_reader(reader)
        if reader is None or kind_of(reader) != "conv2d" or used[reader.args[1].target] > 1:
            continue
        if _groups(reader) in (1, len(_weight(model, first))):
            yield first, relu, reader


def _only_reader(node: fx.Node) -> fx.Node | None:
    readers = list(node.users)
    return readers[0] if len(readers) == 1 else None


def _make_relu(model: fx.GraphModule, node: fx.Node) -> None:
    if kind_of(node) == "relu":
        return
    node.target = torch.ops.aten.relu.default
    node.args = (node.args[0],)
    node.kwargs = {}


def _equalize(model: fx.GraphModule, first: fx.Node, second: fx.Node) -> None:
    before, after = _weight(model, first), _weight(model, second)
    with torch.no_grad():
        first_ranges = before.abs().amax((1, 2, 3))
        depthwise = _groups(second) > 1
        # [inputs of the second layer]: a depthwise filter reads input channel o // multiplier.
        if depthwise:
            second_ranges = after.abs().amax((1, 2, 3)).reshape(len(before), -1).amax(1)
        else:
            second_ranges = after.abs().amax((0, 2, 3))
        usable = (first_ranges > _SMALLEST) & (second_ranges > _SMALLEST)
        scales = torch.where(usable, torch.sqrt(first_ranges / second_ranges.clamp(min=_SMALLEST)), 1.0)
        before.div_(scales[:, None, None, None])
        bias = first.args[2] if len(first.args) > 2 else None
        if isinstance(bias, fx.Node):
            _parameter(model, bias).div_(scales)
        if depthwise:
            after.mul_(scales.repeat_interleave(len(after) // len(before))[:, None, None, None])
        else:
            after.mul_(scales[None, :, None, None])


def _groups(node: fx.Node) -> int:
    return int(node.args[6]) if len(node.args) > 6 else 1


def _weight(model: fx.GraphModule, node: fx.Node) -> torch.Tensor:
    return _parameter(model, node.args[1])


def _parameter(model: fx.GraphModule, node: fx.Node) -> torch.Tensor:
    tensor: torch.Tensor = operator.attrgetter(str(node.target))(model)
    return tensor.data
