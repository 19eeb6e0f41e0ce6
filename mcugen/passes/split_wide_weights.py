"""Few weights outside int8 become the sum of two that fit, of a channel that stands twice in the input.

A convolution of 16-bit weights needs twice the flash and portable code; kernels take 8 bits. Where the wide weights
read few input channels, those channels are made a second time by what writes them, up to the convolution before.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen.ir import ChannelOrigin, Channels, Conv2D, Graph, Operator, Tensor, narrow_weights
from mcugen.passes.intervals import Intervals, analyze_intervals

_INT8 = np.iinfo(np.int8)
_LARGEST_SHARE = 4
"""At most one in so many channels is made twice."""


def split_wide_weights(graph: Graph) -> Graph:
    """The graph with every convolution of few wide weights as one of int8 weights."""
    for name in [op.name for op in graph.operators]:
        # As it is by then: what was split before may have given it more channels.
        op = next(op for op in graph.operators if op.name == name)
        if isinstance(op, Conv2D) and op.has_wide_weights:
            graph = _split(graph, op)
    return graph


def _split(graph: Graph, wide: Conv2D) -> Graph:
    near = np.clip(wide.weights, _INT8.min, _INT8.max)
    rest = wide.weights - near
    twice = np.flatnonzero(np.any(rest != 0, axis=(0, 1, 2)))
    writers = _writers(graph, wide)
    too_many = _LARGEST_SHARE * len(twice) > graph.tensors[wide.input].channels
    if not writers or too_many or rest.max() > _INT8.max:
        return graph
    weights = narrow_weights(np.concatenate([near, rest[..., twice]], axis=3))
    intervals = analyze_intervals(graph)
    changed = {op.name: _repeated(graph, op, twice, intervals) for op in writers}
    changed[wide.name] = replace(wide, weights=weights)
    outputs = {op.output for op in writers}
    tensors = {
        name: _repeated_tensor(tensor, twice) if name in outputs else tensor for name, tensor in graph.tensors.items()
    }
    return graph.with_operators(tuple(changed.get(op.name, op) for op in graph.operators), tensors)


def _writers(graph: Graph, reader: Operator) -> list[Operator]:
    """The operators from the one that writes the reader's input up to a convolution, () where the channels of a tensor
    between them cannot stand twice: others read it, or an operator wants them as they are."""
    writers: list[Operator] = []
    while True:
        op = graph.producer(reader.inputs[0])
        if op is None or len(op.inputs) != 1 or op.output == graph.output or len(graph.consumers(op.output)) != 1:
            return []
        writers.append(op)
        if op.channels is Channels.MIXED:
            return writers
        if op.channels is not Channels.TIED:
            return []
        reader = op


def _repeated(graph: Graph, op: Operator, twice: np.ndarray, intervals: Intervals) -> Operator:
    source = graph.tensors[op.inputs[0]]
    outputs = np.concatenate([np.arange(graph.tensors[op.output].channels), twice])
    kept = np.ones(source.channels, bool) if op.channels is Channels.MIXED else outputs
    return op.without_channels([kept], outputs, [source], [intervals.tensors[source.name]])


def _repeated_tensor(tensor: Tensor, twice: np.ndarray) -> Tensor:
    height, width, channels = tensor.shape
    origin = tensor.origin or ChannelOrigin(np.arange(channels), np.zeros(channels, np.int64), np.ones(channels, bool))
    kept = np.concatenate([origin.kept, origin.kept[twice]])
    return replace(tensor, shape=(height, width, channels + len(twice)), origin=replace(origin, kept=kept))
