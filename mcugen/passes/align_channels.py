"""Channels are padded to a multiple that a target's kernels work in.

A padded channel has no weights and holds the zero point, so it adds nothing to what reads it. Only tensors between
convolutions are padded; what leaves the network, or is read by an operator to which every channel counts, is not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen.fixedpoint import Requantization
from mcugen.ir import (
    Add,
    AveragePool2D,
    ChannelOrigin,
    Conv2D,
    DepthwiseConv2D,
    Graph,
    Lookup,
    MaxPool2D,
    Operator,
    Pad,
    Tensor,
)

_ELEMENTWISE = (Add, AveragePool2D, DepthwiseConv2D, Lookup, MaxPool2D, Pad)
_MULTIPLIER = 1 << 30


def align_channels(graph: Graph, multiple: int) -> Graph:
    """The graph with every inner tensor's channels padded to a multiple of `multiple`."""
    padding = {name: -tensor.channels % multiple for name, tensor in graph.tensors.items()}
    for name in _fixed(graph):
        padding[name] = 0
    tensors = {name: _padded_tensor(tensor, padding[name]) for name, tensor in graph.tensors.items()}
    operators = tuple(_padded(op, padding[op.input], padding[op.output]) for op in graph.operators)
    return graph.with_operators(operators, tensors)


def _fixed(graph: Graph) -> set[str]:
    """Tensors that keep their channels, and all that elementwise operators tie to them."""
    fixed = {graph.input, graph.output}
    for op in graph.operators:
        tied = isinstance(op, _ELEMENTWISE) and getattr(op, "depth_multiplier", 1) == 1
        if not tied and not isinstance(op, Conv2D):
            fixed |= {*op.inputs, op.output}
    while True:
        more = {
            name
            for op in graph.operators
            if isinstance(op, _ELEMENTWISE) and {*op.inputs, op.output} & fixed
            for name in (*op.inputs, op.output)
        }
        if more <= fixed:
            return fixed
        fixed |= more


def _padded_tensor(tensor: Tensor, extra: int) -> Tensor:
    if extra == 0:
        return tensor
    height, width, channels = tensor.shape
    origin = tensor.origin or ChannelOrigin(np.arange(channels), np.zeros(channels, np.int64), np.ones(channels, bool))
    kept = np.concatenate([origin.kept, np.full(extra, -1)])
    return replace(tensor, shape=(height, width, channels + extra), origin=replace(origin, kept=kept))


def _padded(op: Operator, inputs: int, outputs: int) -> Operator:
    if isinstance(op, Conv2D):
        return replace(
            op,
            weights=np.pad(op.weights, ((0, outputs), (0, 0), (0, 0), (0, inputs))),
            bias=np.pad(op.bias, (0, outputs)),
            requantization=_padded_requantization(op.requantization, len(op.bias), outputs),
        )
    if isinstance(op, DepthwiseConv2D) and outputs:
        return replace(
            op,
            weights=np.pad(op.weights, ((0, 0), (0, 0), (0, outputs))),
            bias=np.pad(op.bias, (0, outputs)),
            requantization=_padded_requantization(op.requantization, len(op.bias), outputs),
        )
    if isinstance(op, AveragePool2D) and op.requantization is not None and op.requantization.channels > 1:
        channels = op.requantization.channels
        return replace(op, requantization=_padded_requantization(op.requantization, channels, outputs))
    return op


def _padded_requantization(requantization: Requantization, channels: int, extra: int) -> Requantization:
    if extra == 0:
        return requantization
    whole = requantization.broadcast(channels)
    return replace(
        whole,
        multiplier=np.pad(whole.multiplier, (0, extra), constant_values=_MULTIPLIER),
        shift=np.pad(whole.shift, (0, extra), constant_values=-1),
    )
