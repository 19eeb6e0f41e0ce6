"""Channels are padded to a multiple that a target's kernels work in.

A padded channel has no weights and holds the zero point, so it adds nothing to what reads it. Only tensors between
convolutions are padded; what leaves the network, or is read by an operator to which every channel counts, is not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen.ir import ChannelOrigin, Channels, Graph, Tensor


def align_channels(graph: Graph, multiple: int) -> Graph:
    """The graph with every inner tensor's channels padded to a multiple of `multiple`."""
    padding = {name: -tensor.channels % multiple for name, tensor in graph.tensors.items()}
    for name in _fixed(graph):
        padding[name] = 0
    tensors = {name: _padded_tensor(tensor, padding[name]) for name, tensor in graph.tensors.items()}
    operators = tuple(op.with_channels(padding[op.input], padding[op.output]) for op in graph.operators)
    return graph.with_operators(operators, tensors)


def _fixed(graph: Graph) -> set[str]:
    """Tensors that keep their channels, and all that operators on single channels tie to them."""
    fixed = {graph.input, graph.output}
    for op in graph.operators:
        if op.channels is Channels.FIXED:
            fixed |= {*op.inputs, op.output}
    while True:
        more = {
            name
            for op in graph.operators
            if op.channels is Channels.TIED and {*op.inputs, op.output} & fixed
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
